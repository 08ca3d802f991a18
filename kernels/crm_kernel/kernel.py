"""The ``crm`` kernel: IPython's own, with the extension loaded."""

from __future__ import annotations

from typing import Any

from ipykernel.ipkernel import IPythonKernel

from rapport.metrics import CATALOGUE


class CrmKernel(IPythonKernel):
    """A preset: debugging, widgets, history and all of IPython's magics stay as they are."""

    implementation = "crm"
    banner = "Rapport CRM. Type crm for an overview, crm.<Tab> for what there is."

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if self.shell is not None:
            self.shell.extension_manager.load_extension("crm_kernel")

    def do_inspect(self, code: str, cursor_pos: int, detail_level: int = 0, omit_sections: Any = ()) -> Any:
        """As IPython's; on a ``%crm`` line the metric under the cursor is explained."""
        start = code.rfind("\n", 0, cursor_pos) + 1
        line = code[start:].split("\n", 1)[0]
        words = line.split()
        if words and words[0] == "%crm":
            metric = next((word for word in words[1:] if word in CATALOGUE), None)
            code = f"crm.{metric}" if metric else "%crm"
            cursor_pos = len(code)
        return super().do_inspect(code, cursor_pos, detail_level, omit_sections)
