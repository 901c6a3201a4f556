"""What the pods of a namespace ask for, against what its ResourceQuota allows.

resources.py   what one pod asks for: defaults, init containers, the injected sidecar
workloads.py   how many such pods there are: steady, during a roll-out, in Jobs
budget.py      the sums against the quota, and how far each HPA can scale inside it
"""
