"""The data layer (spec §3.4): stateful, in aiwfe-data alone, synced when a person approves (spec §6.1)."""
