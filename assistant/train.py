"""Train the assistant: ``python -m assistant.train PROJECT OUTPUT_FOLDER NAME``. The last line names the model."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path


def main() -> None:
    """Train with ``PROJECT/{config.yml,domain,data}``; exits with 1 and the reason when Rasa refuses."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("project", type=Path)
    parser.add_argument("output")
    parser.add_argument("name")
    arguments = parser.parse_args()

    os.chdir(arguments.project)  # the components find their files there
    logging.basicConfig(level=logging.ERROR)
    import rasa.constants

    # Rasa would write "telemetry: enabled" into the user's home, whatever the environment says.
    rasa.constants.GLOBAL_USER_CONFIG_PATH = str(Path(os.environ["XDG_CONFIG_HOME"]) / "rasa" / "global.yml")
    from rasa.model_training import train
    from rasa.shared.exceptions import RasaException

    try:
        result = train(
            domain=str(arguments.project / "domain"),
            config=str(arguments.project / "config.yml"),
            training_files=[str(arguments.project / "data")],
            output=arguments.output,
            fixed_model_name=arguments.name,
        )
    except RasaException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(1)
    if result.model is None or result.code:
        sys.exit(result.code or 1)
    print(result.model)


if __name__ == "__main__":
    main()
