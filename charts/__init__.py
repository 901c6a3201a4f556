"""What the platform is: one module per component, one Chart per module, one file of dist/ per Chart."""

import imports as imports  # first of all: which Node cdk8s runs on
