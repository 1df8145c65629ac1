"""How is the interpreter kept from others less long while an exported function is compiled?

JAX turns symbolic shapes into fixed ones in one call that does not let go of it, and whose time goes by the number of
operations: of the shipped model a third of them are there twice, as each place that needs a size works it out anew.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jax.stages import Lowered

logger = logging.getLogger(__name__)

#: functions that are not called, and what is computed twice from the same values
_PASSES = "builtin.module(symbol-dce,cse)"


def merge_repeats(lowered: Lowered) -> None:
    """Take out of a function that is to be compiled what it would compute twice; what it computes stays the same.

    Where this JAX has no way to do it the function is left as it is.
    """
    module = lowered.compiler_ir("stablehlo")
    try:
        from jax.extend.mlir import passmanager  # noqa: PLC0415 - compiling is when JAX is needed

        with module.context:
            passes = passmanager.PassManager.parse(_PASSES)
    except (ImportError, AttributeError, ValueError) as error:
        logger.debug("a function is compiled with its repeats: %s", error)
        return
    passes.run(module.operation)
