"""The ground that everything stands on: namespaces, quotas, priorities."""
