"""The ``crm`` kernel, started for real, with jupyter_kernel_test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import jupyter_kernel_test
import pytest
from crm_kernel.spec import install
from jupyter_client.kernelspec import KernelSpecManager

from rapport.metrics import CATALOGUE
from rapport.shop import Shop

# jupyter_client's and zmq's own clean-up
pytestmark = [
    pytest.mark.filterwarnings("ignore:.*:DeprecationWarning:jupyter_client"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="class", autouse=True)
def kernelspec(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Everything is set before unittest's setUpClass starts the kernel, for the whole class."""
    folder = tmp_path_factory.mktemp("kernel")
    patch = pytest.MonkeyPatch()
    for name in ("HOME", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        patch.setenv(name, str(folder / name.lower()))
    shop = folder / "shop"
    demo = Path(__file__).resolve().parents[2] / "shops" / "demo"
    shop.mkdir()
    (shop / "shop.toml").write_bytes((demo / "shop.toml").read_bytes())
    from rapport.store import Store, schema

    from ..metrics.seed import seed

    store = Store(Shop(shop).store_url)
    schema.upgrade(store)
    seed(store)
    store.close()
    patch.setenv("RAPPORT_SHOP", str(shop))
    patch.setenv("RAPPORT_CACHE", str(folder / "cache"))
    patch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    install(user=True)
    assert "crm" in KernelSpecManager().find_kernel_specs()
    yield
    patch.undo()


class TestCrmKernel(jupyter_kernel_test.KernelTests):
    kernel_name = "crm"
    language_name = "python"
    file_extension = ".py"
    code_hello_world = "print('hello, world')"
    code_stderr = "import sys; print('oops', file=sys.stderr)"
    completion_samples: ClassVar[Any] = [
        {"text": "crm.cs", "matches": {"csat"}},
        {"text": "%crm cont", "matches": {"containment"}},
    ]
    complete_code_samples: ClassVar[Any] = ["crm.csat", "%crm csat", "%%chat\nhello\n\n"]
    incomplete_code_samples: ClassVar[Any] = ["crm.csat(", "for i in range(3):"]
    invalid_code_samples: ClassVar[Any] = ["crm..csat"]
    code_generate_error = "crm.nps"
    code_execute_result: ClassVar[Any] = [
        {"code": "crm.csat.n", "result": "4"},
        {"code": "1+2+3", "result": "6"},
        {"code": "[n*n for n in range(1, 4)]", "result": "[1, 4, 9]"},
    ]
    code_display_data: ClassVar[Any] = [{"code": "display(crm.csat)", "mime": "text/html"}]
    code_page_something = "crm.csat?"
    code_clear_output = "from IPython.display import clear_output; clear_output()"
    code_inspect_sample = "crm.csat"

    def run_code(self, code: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        self.flush_channels()
        return self.execute_helper(code)  # type: ignore[no-any-return]

    def test_history(self) -> None:
        """The base class's, without ``range``: that fails on the stock kernel too (it asks for session 0)."""
        codes = [sample["code"] for sample in self.code_execute_result]
        tail = self.history_helper(codes, output=False, raw=True, hist_access_type="tail", n=len(codes))
        assert [entry[2] for entry in tail["content"]["history"]] == codes
        found = self.history_helper(codes, output=False, raw=True, hist_access_type="search", pattern="crm.c*", n=1)
        assert found["content"]["history"][0][2] == "crm.csat.n"

    def test_a_metric_is_shown_as_text_and_html(self) -> None:
        reply, messages = self.run_code("crm.csat(since='2026-03-01', until='2026-04-01')")
        assert reply["content"]["status"] == "ok"
        data = next(m["content"]["data"] for m in messages if m["msg_type"] == "execute_result")
        assert "66.7 %" in data["text/plain"]
        assert "66.7 %" in data["text/html"]

    def test_a_problem_is_short(self) -> None:
        reply, messages = self.run_code("crm.csat(since='soon').value")
        assert reply["content"]["status"] == "error"
        assert reply["content"]["ename"] == "Problem"
        errors = "".join(m["content"]["text"] for m in messages if m["msg_type"] == "stream")
        assert "neither a day nor a time" in errors
        assert "Traceback" not in errors

    def test_a_line_of_the_magic_is_explained(self) -> None:
        self.flush_channels()
        self.kc.inspect("%crm csat --since 2026-01-01", 9)
        found = self._reply()["content"]
        assert found["found"]
        assert CATALOGUE["csat"].formula in found["data"]["text/plain"]

    def test_the_dashboard_is_a_widget_with_a_figure_behind_it(self) -> None:
        self.flush_channels()
        self.kc.execute("crm.dashboard()")  # not execute_helper: it knows no comm messages
        kinds, data = [], {}
        while "idle" not in kinds:
            message = self.kc.get_iopub_msg(timeout=60)
            kinds.append(message["content"].get("execution_state", message["msg_type"]))
            data = message["content"].get("data", data) if message["msg_type"] == "execute_result" else data
        assert "comm_open" in kinds
        assert "application/vnd.jupyter.widget-view+json" in data
        assert "<svg" in data["text/html"]

    def _reply(self) -> dict[str, Any]:
        while True:
            reply = self.kc.get_shell_msg(timeout=60)
            if reply["msg_type"] == "inspect_reply":
                return reply  # type: ignore[no-any-return]
