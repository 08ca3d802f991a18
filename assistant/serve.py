"""Start Rasa on loopback with one model: ``python -m assistant.serve MODEL --port N --endpoints FILE``.

Rasa's own command would parse all its sub-commands and search for models first; this goes straight to the server.
"""

from __future__ import annotations

import argparse
import logging
import os
from pathlib import Path
from typing import Any


def main() -> None:
    """Serve until SIGTERM. The root address answers once the model is ready."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--endpoints", required=True)
    parser.add_argument("--credentials", required=True)
    arguments = parser.parse_args()

    os.chdir(Path(arguments.endpoints).parent)  # the components find their files in the project's folder
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    from rasa.core.run import serve_application
    from rasa.core.utils import AvailableEndpoints
    from rasa.utils.log_utils import configure_structlog

    # Without this Rasa logs every turn at debug level: customers' words in a file, and milliseconds for each line.
    configure_structlog(logging.WARNING)

    import assistant.components  # noqa: F401  (caches Rasa's schema validator: 113 ms less per action)

    async def warm(app: Any, _: Any) -> None:
        # The first message would otherwise wait for what is loaded at first use.
        await app.ctx.agent.parse_message("hello")

    serve_application(
        arguments.model,
        interface="127.0.0.1",  # never a setting: whoever reaches this port can speak as any customer
        port=arguments.port,
        credentials=arguments.credentials,
        enable_api=False,
        endpoints=AvailableEndpoints.read_endpoints(arguments.endpoints),
        server_listeners=[(warm, "after_server_start")],
    )


if __name__ == "__main__":
    main()
