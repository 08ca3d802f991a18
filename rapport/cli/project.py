"""The Rasa project of one shop: the shared project plus the shop's texts, examples and product names."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import select

from rapport.shop import SUPPORTED_LANGUAGES, Shop
from rapport.store import Problem, Product, Store

from .places import LOCKS, PROJECT, ROOT


def read_yaml(file: Path) -> Any:
    """A YAML file's content.

    :raises Problem: naming the file and line when it is not YAML or not UTF-8.
    """
    try:
        return yaml.safe_load(file.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise Problem(
            f"{file} is not UTF-8 (byte {error.start}).", next_step="Save it as UTF-8.", code="not_utf8"
        ) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        reason = getattr(error, "problem", None) or error
        raise Problem(
            f"{file} is not YAML{where}: {reason}.", next_step="Correct that line and train again.", code="yaml"
        ) from None


def _write_yaml(file: Path, content: Any) -> None:
    file.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")


def shop_texts(shop: Shop) -> dict[str, dict[str, list[str]]]:
    """The shop's own wordings: ``language -> response name -> texts``.

    :raises Problem: on broken YAML or another shape.
    """
    texts: dict[str, dict[str, list[str]]] = {}
    for language in SUPPORTED_LANGUAGES:
        file = shop.folder / "texts" / f"{language}.yml"
        content = (read_yaml(file) if file.is_file() else None) or {}
        if not isinstance(content, dict):
            raise Problem(
                f"{file} must map response names to texts.",
                allowed=["utter_greet: Hello!", "utter_greet: [Hello!, Hi!]"],
                next_step="See docs/shop.md, section texts.",
                code="shop_texts",
            )
        for name, value in content.items():
            if not isinstance(value, str) and not (
                isinstance(value, list) and value and all(isinstance(one, str) for one in value)
            ):
                raise Problem(
                    f"{file}: {name} is {value!r}, which is no text.",
                    allowed=["a text", "a list of texts"],
                    next_step="Put it in quotes.",
                    code="shop_texts",
                )
        texts[language] = {name: [value] if isinstance(value, str) else list(value) for name, value in content.items()}
    return texts


def _apply_texts(domain_folder: Path, texts: dict[str, dict[str, list[str]]]) -> None:
    known: set[str] = set()
    for file in sorted(domain_folder.rglob("*.yml")):
        content = read_yaml(file)
        responses = (content or {}).get("responses")
        if not responses:
            continue
        known.update(responses)
        for language, wordings in texts.items():
            for name in wordings.keys() & responses.keys():
                responses[name] = _replaced(responses[name], language, wordings[name])
        _write_yaml(file, content)
    for language, wordings in texts.items():
        unknown = sorted(wordings.keys() - known)
        if unknown:
            raise Problem(
                f"texts/{language}.yml has a text for {unknown[0]!r}, which is no response of the assistant.",
                allowed=sorted(known),
                next_step="Correct the name.",
                code="shop_texts",
            )


def _is_for(variation: dict[str, Any], language: str) -> bool:
    conditions = variation.get("condition") or []
    wanted = {c.get("value") for c in conditions if c.get("name") == "language"}
    return language in wanted if wanted else language == "en"


def _replaced(variations: list[dict[str, Any]], language: str, wordings: list[str]) -> list[dict[str, Any]]:
    """The variations with those of one language replaced; conditions and buttons of the first one are kept."""
    pattern = next((v for v in variations if _is_for(v, language)), {})
    rest = [v for v in variations if not _is_for(v, language)]
    new = [{**pattern, "text": text} for text in wordings]
    return new + rest if any("condition" in v for v in new) else rest + new


def product_names(store: Store) -> list[dict[str, Any]]:
    """What the assistant recognises as products: ``[{id, name, names}]``, in a stable order."""
    with store.read() as session:
        rows = session.execute(select(Product.external_id, Product.name, Product.names).order_by(Product.external_id))
        return [{"id": external_id, "name": name, "names": names} for external_id, name, names in rows]


def write_endpoints(shop: Shop) -> Path:
    """Write Rasa's ``endpoints.yml``: where actions, tracker store and locks are. It may hold passwords.

    Written before each start, so that a changed port or address needs no training.
    """
    from sqlalchemy.engine import make_url

    url = make_url(shop.tracker_url)
    if url.get_backend_name() == "sqlite":
        tracker: dict[str, Any] = {"type": "SQL", "dialect": "sqlite", "db": url.database}
    else:
        # A whole URL in the host field is how Rasa takes query parameters such as a socket folder.
        tracker = {
            "type": "SQL",
            "dialect": "postgresql",
            "url": url.set(drivername="postgresql").render_as_string(False),
        }
    # The domain is sent with a call only where an action asks for it.
    action_endpoint = {"url": f"{shop.actions_url}/webhook", "enable_selective_domain": True}
    content: dict[str, Any] = {"action_endpoint": action_endpoint, "tracker_store": tracker}
    lock_store = shop.settings.assistant.lock_store_url
    if lock_store:
        parsed = make_url(lock_store)
        content["lock_store"] = {
            "type": "redis",
            "url": parsed.host or "127.0.0.1",
            "port": parsed.port or 6379,
            "db": int(parsed.database or 0),
            **({"password": str(parsed.password)} if parsed.password else {}),
        }
    file = shop.var / "project" / "endpoints.yml"
    file.touch(mode=0o600)
    file.chmod(0o600)
    _write_yaml(file, content)
    return file


def write_project(shop: Shop, store: Store) -> Path:
    """Write the shop's Rasa project to ``var/project`` and return that folder.

    :raises Problem: on broken YAML, unknown response names, or examples that are not UTF-8.
    """
    target = shop.var / "project"
    target.mkdir(parents=True, exist_ok=True)
    for name in ("domain", "data"):
        shutil.rmtree(target / name, ignore_errors=True)
        shutil.copytree(PROJECT / name, target / name)
    for file in sorted((shop.folder / "nlu").glob("*.yml")):
        read_yaml(file)
        shutil.copy(file, target / "data" / "nlu" / f"shop_{file.name}")
    _apply_texts(target / "domain", shop_texts(shop))
    (target / "products.json").write_text(
        json.dumps(product_names(store), ensure_ascii=False, indent=0, sort_keys=True), encoding="utf-8"
    )
    config = read_yaml(PROJECT / "config.yml")
    for component in config["pipeline"]:
        if component["name"].endswith(".EntityComponent"):
            component["order_number_pattern"] = shop.settings.shop.order_number_pattern
            component["products_file"] = "products.json"  # Rasa runs in this folder, so the shop can be moved
    _write_yaml(target / "config.yml", config)
    write_endpoints(shop)
    _write_yaml(target / "credentials.yml", {"rest": None})
    return target


def fingerprint(project: Path) -> str:
    """A hash of everything the trained model depends on: the project, our components' code, and the lock."""
    digest = hashlib.sha256()
    sources = [
        *(f for name in ("domain", "data") for f in (project / name).rglob("*.yml")),
        project / "products.json",
        *(ROOT / "assistant" / "components").rglob("*.py"),
        *(f for f in (ROOT / "nlp_models").rglob("*") if f.suffix in {".py", ".txt", ".json", ".yml", ".tsv"}),
        ROOT / "assistant" / "train.py",
        LOCKS / "assistant.lock",
    ]
    base = {project: "project", ROOT: "code"}
    for file in sorted(sources):
        root = project if file.is_relative_to(project) else ROOT
        digest.update(f"{base[root]}/{file.relative_to(root)}\0".encode())
        digest.update(file.read_bytes())
    digest.update((project / "config.yml").read_bytes())
    return digest.hexdigest()
