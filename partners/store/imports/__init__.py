"""Imports from CSV files: streamed, checked, all in one step."""

from partners.store.imports.area_rows import import_areas
from partners.store.imports.metrics import import_metrics
from partners.store.imports.orders import import_orders
from partners.store.imports.partners import import_partners
from partners.store.imports.recount import recount
from partners.store.imports.referral_rows import import_referrals
from partners.store.imports.result import ImportOptions, ImportResult

__all__ = [
    "ImportOptions",
    "ImportResult",
    "import_areas",
    "import_metrics",
    "import_orders",
    "import_partners",
    "import_referrals",
    "recount",
]
