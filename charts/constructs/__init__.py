"""The few shapes that repeat: the file, the workload, its pod, its configuration, its labels."""
