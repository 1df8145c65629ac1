"""Keras reads its backend when first imported, which a test module may do before it imports ours."""

import os

os.environ.setdefault("KERAS_BACKEND", "jax")
