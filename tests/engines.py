"""Engines that know each other's statements: hundreds of tests open a database of their own, and
SQLAlchemy otherwise compiles every statement anew for each, half of what such a test costs.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import URL, Engine, create_engine

from partners.store.engine import database as store

_STATEMENTS = 3000
_models: dict[str, Engine] = {}


def _engine(url: URL, **options: Any) -> Engine:
    """An engine with the dialect and compiled statements of the first that has connected; its
    connections are its own.
    """
    engine = create_engine(url, query_cache_size=_STATEMENTS, **options)
    model = _models.get(engine.name)
    if model is None or getattr(model.dialect, "server_version_info", None) is None:
        _models[engine.name] = engine
    else:
        engine.dialect = model.dialect
        engine._compiled_cache = model._compiled_cache
    return engine


def share_statements() -> None:
    """From now on in this process, as the transactions of one worker share them."""
    store.create_engine = _engine
