"""NSS softokn as python-pkcs11's library: started with its parameters, which python-pkcs11 cannot give.

python-pkcs11 calls `C_Initialize(NULL)`, which softokn refuses. Its library class looks `initialize` up on
the object, so a subclass starts the module instead, through the same function list.
"""

import os
from ctypes import byref, c_void_p
from pathlib import Path

from pkcs11._pkcs11 import lib

from hsm import softokn
from hsm.inworker.function_list import Function, InitializeArguments, call, load


class SoftoknLibrary(lib):
    """A started softokn, with the parameters that stand in the environment (`hsm/softokn.py`)."""

    def __init__(self, path: str) -> None:
        self._functions = load(Path(path))
        super().__init__(path)

    def initialize(self) -> None:
        """Start the module."""
        arguments = InitializeArguments(parameters=os.environ[softokn.PARAMETERS_VARIABLE].encode())
        call(self._functions, Function.INITIALIZE, "start", [c_void_p], byref(arguments))

    def finalize(self) -> None:
        """End the module."""
        call(self._functions, Function.FINALIZE, "end", [c_void_p], None)
