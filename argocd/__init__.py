"""How the platform is delivered (spec §6.1): Argo CD's projects and Applications, in `dist/<environment>/argocd`."""
