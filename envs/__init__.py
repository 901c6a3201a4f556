"""What differs between the environments: one YAML file each, `images.yaml` for all, and the schema that they obey."""

from .load import load
from .schema import Environment, Image, Images, InputError, Mistake, Size

__all__ = ["Environment", "Image", "Images", "InputError", "Mistake", "Size", "load"]
