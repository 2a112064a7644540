"""Lines that one may paste, at the end of the help of the commands that people use most.

tests/cli/test_examples.py runs those that only look, and reads all others as the command line does.
No comments beside them: zsh would take one for an argument.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Examples = Mapping[str, Sequence[str]]
"""Command lines as one may paste them, by the words of the command whose help shows them."""

EXAMPLES: Examples = {
    "": (
        "partners list",
        "partners show acme",
        "partners inbox",
        "partners review --dry-run",
        "partners mail -h",
    ),
    "list": (
        "partners list --tier preferred",
        "partners list --standing in_grace --json",
        "partners list --csv > partners.csv",
    ),
    "show": (
        "partners show acme",
        "partners show acme --extend-by 10",
        "partners show acme --json",
    ),
    "cases": ("partners cases", "partners cases --json"),
    "offers": (
        "partners offers acme",
        "partners offers acme --postal-code 10115 --why",
        "partners offers acme --json",
    ),
    "offer check": (
        "partners offer check hosting acme",
        "partners offer check hosting acme --area berlin --at 2027-01-01",
    ),
    "inbox": ("partners inbox", "partners inbox --json"),
    "audit": (
        "partners audit acme",
        "partners audit verify",
        "partners audit fairness",
        "partners audit export > audit.jsonl",
    ),
    "assess": ("partners assess acme", "partners assess --json"),
    "start": ("partners start acme",),
    "extend": ('partners extend acme 10 --reason "ticket 4711: a flood"',),
    "pause": ('partners pause acme --until 2027-01-31 --reason "parental leave"',),
    "resume": ('partners resume acme --reason "the address is mended"',),
    "waive": ('partners waive acme --until 2027-03-31 --reason "moves its warehouse"',),
    "reinstate": ('partners reinstate acme --reason "counted wrongly, ticket 4711"',),
    "remove": ('partners remove acme --reason "closes down"',),
    "block": (
        'partners block acme --reason "fraud, ticket 4711"',
        'partners block acme --offers spring-sale --reason "not certified"',
    ),
    "appeal": ('partners appeal acme --reason "says that October is incomplete"',),
    "note": ('partners note acme --type call --text "will grow again in spring"',),
    "candidates": ("partners candidates", "partners candidates --json"),
    "approve": ('partners approve acme --reason "agreed with sales"',),
    "decline": ('partners decline acme --reason "wants to stay small"',),
    "add": ('partners add acme --tier preferred --notes "a strategic win"',),
    "appraise": (
        "partners appraise acme",
        'partners appraise acme expertise --met --notes "two certified people"',
    ),
    "checklist": ("partners checklist acme", "partners checklist acme --done training"),
    "track show": ("partners track show acme", "partners track show acme --json"),
    "track done": ("partners track done acme product_training --on 2026-11-20",),
    "track confirm": (
        "partners track confirm acme product_training",
        'partners track confirm acme expert_exam --on 2026-11-20 --notes "certificate 4711"',
    ),
    "track undo": ('partners track undo acme expert_exam --reason "the certificate is invalid"',),
    "track list": (
        "partners track list",
        "partners track list --state overdue",
        "partners track list --json",
    ),
    "review": (
        "partners review --dry-run",
        "partners review --dry-run --mails",
        "partners review --kind monthly --period 2026-10",
    ),
    "reviews": (
        "partners reviews",
        "partners reviews quarterly/2026-Q3 --verdict below",
        "partners reviews quarterly/2026-Q3 --csv > judged.csv",
    ),
    "guard approve": ('partners guard approve monthly/2026-10 --reason "the figures are right"',),
    "policy check": ("partners policy check program.toml",),
    "policy diff": ("partners policy diff 1 program.toml",),
    "policy publish": (
        "partners policy publish program.toml",
        'partners policy publish program.toml --effective 2027-01-01 --reason "growth targets"',
    ),
    "import partners": ("partners import partners partners.csv",),
    "import orders": (
        "partners import orders orders.csv",
        "partners import orders october.csv --from 2026-10-01 --through 2026-10-31",
    ),
    "import metrics": ("partners import metrics metrics.csv",),
    "import referrals": ("partners import referrals referrals.csv",),
    "offer orders": ("partners offer orders", "partners offer orders acme --json"),
    "offer settle": (
        'partners offer settle acme-1001 --reason "agreed by phone before the grant"',
    ),
    "import tracks": ("partners import tracks tracks.csv",),
    "import offers": ("partners import offers offers.csv",),
    "import prices": ("partners import prices prices.csv",),
    "import grants": ("partners import grants grants.csv --all-or-nothing",),
    "complaint add": ('partners complaint add acme --severity minor --text "answered late"',),
    "offer add": (
        'partners offer add hosting --service hosting --name "Web hosting" --reason "new"',
        "partners offer add spring-sale --service sale --visibility public --opens-on 2027-03-01 "
        '--closes-on 2027-04-30 --reason "spring 2027"',
    ),
    "offer price": (
        'partners offer price hosting 90.00 --reason "list of 2027"',
        'partners offer price hosting 15% --tier gold --reason "list of 2027"',
        'partners offer price hosting --until 2027-12-31 --reason "a new list comes"',
    ),
    "offer price-for": ('partners offer price-for hosting acme 75.00 --reason "contract 4711"',),
    "offer tell": ("partners offer tell hosting",),
    "offer change": (
        'partners offer change hosting closes-on 2027-12-31 --reason "its successor is ready"',
        'partners offer change hosting visibility public --reason "for everybody now"',
    ),
    "offer grant": (
        'partners offer grant hosting acme --until 2027-12-31 --reason "contract 4711"',
    ),
    "offer show": ("partners offer show hosting", "partners offer show hosting --json"),
    "offer list": ("partners offer list", "partners offer list --status active --json"),
    "import areas": ("partners import areas areas.csv",),
    "area add": ("partners area add berlin --name Berlin --postal-codes 10115,10117",),
    "area import": ("partners area import areas.csv",),
    "area list": ("partners area list", "partners area list --json"),
    "exclusive propose": (
        "partners exclusive propose acme --service hotline --area berlin --from 2027-01-01 "
        '--until 2027-12-31 --minimum 10 --reason "agreed with sales"',
    ),
    "exclusive activate": (
        "partners exclusive activate acme-x1 --simulate",
        'partners exclusive activate acme-x1 --reason "signed by both"',
    ),
    "exclusive list": (
        "partners exclusive list --status active",
        "partners exclusive list --partner acme --json",
    ),
    "exclusive renew": ('partners exclusive renew acme-x1 --reason "went well"',),
    "exclusive end": ('partners exclusive end acme-x1 --reason "given back"',),
    "mail list": (
        "partners mail list --partner acme",
        "partners mail list --state waiting",
        "partners mail list --kind warning --json",
    ),
    "mail preview": (
        "partners mail preview warning",
        "partners mail preview warning --language de --text",
    ),
    "mail mark-sent": ("partners mail mark-sent 17",),
    "stop mail": ('partners stop mail --reason "the figures of October are wrong"',),
    "referral add": ("partners referral add r-17 --partner acme --lead crm-4711",),
    "referral convert": ("partners referral convert r-17 --amount 1200.00",),
    "referral assign": (
        "partners referral assign r-17",
        "partners referral assign r-17 acme --reason 'knows them'",
        "partners referral assign r-17 --sales",
    ),
    "referral take": ("partners referral take r-17",),
    "referral decline": ("partners referral decline r-17 --reason 'no time'",),
    "referral sellers": ("partners referral sellers --since 2026-10-01",),
    "referral leads": (
        "partners referral leads --state offered",
        "partners referral leads --partner acme --json",
    ),
    "statement": (
        "partners statement acme",
        "partners statement acme --month 2026-10 --csv october.csv",
    ),
    "payouts export": ("partners payouts export --out payouts.csv",),
    "incentives accrue": (
        "partners incentives accrue --dry-run",
        "partners incentives accrue --month 2026-10 --yes",
    ),
    "incentives list": ("partners incentives list --json",),
    "incentives show": ("partners incentives show acme", "partners incentives show acme --json"),
    "payouts mark-paid": ("partners payouts mark-paid --batch 2026-11-22",),
    "init": (
        "partners init",
        "partners init --provider Northwind --contact partners@northwind.example --yes",
    ),
    "setup": ("partners setup", "partners setup --policy program.toml --database-only"),
    "dev": ("partners dev", "partners dev --mail sendgrid-local"),
    "demo": ("partners demo", "partners demo --seconds-per-day 2"),
}
