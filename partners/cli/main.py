"""Entry point of `partners`: puts the groups together and turns errors into one line."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache

import typer
from sqlalchemy.exc import DatabaseError, InterfaceError

from partners.cli import common, demo, dev, imports, setup, web
from partners.cli.cases import cases
from partners.cli.inbox import inbox
from partners.cli.judging import appraise, assess
from partners.cli.ladder import checklist, ladder
from partners.cli.mail import mail, mail_resolve, mail_rules, switches
from partners.cli.overrides import orders, overrides
from partners.cli.people import list_partners, show
from partners.cli.policy import policy, policy_publish
from partners.cli.printing import spell_out
from partners.cli.record import audit, note
from partners.cli.referrals import payouts, referrals
from partners.cli.responses import complaint
from partners.cli.reviews import guard, review
from partners.cli.webhooks import webhook
from partners.errors import PartnersError
from partners.store.engine.address import trouble

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Run a partner program: judge, warn, give grace, reinstate or remove.",
)
app.command("setup")(setup.setup)
policy.app.command("publish")(policy_publish.publish)
policy.app.command("diff")(policy_publish.diff)
policy.app.command("tell")(policy_publish.tell)
policy.app.command("migrate")(policy_publish.migrate)
app.add_typer(policy.app, name="policy")
mail.app.command("blocked")(mail_rules.blocked)
mail.app.command("unblock")(mail_rules.unblock)
mail.app.command("approve")(mail_rules.approve)
mail.app.command("resolve")(mail_resolve.resolve)
app.add_typer(mail.app, name="mail")
app.add_typer(imports.app, name="import")
app.command("assess")(assess.assess)
app.command("start")(cases.start)
app.command("cases")(cases.list_cases)
app.command("show")(show.show)
app.command("note")(note.note)
app.command("list")(list_partners.list_partners)
app.command("inbox")(inbox.inbox)
app.command("audit")(audit.audit)
app.add_typer(webhook.app, name="webhook")
app.command("cancel-case")(cases.cancel_case)
overrides.add_to(app)
app.command("tell")(orders.tell)
app.add_typer(switches.stop_app, name="stop")
app.add_typer(switches.go_app, name="go")
app.add_typer(guard.app, name="guard")
app.command("candidates")(ladder.list_candidates)
app.command("approve")(ladder.approve)
app.command("decline")(ladder.decline)
app.command("appraise")(appraise.appraise)
app.command("add")(ladder.add)
app.add_typer(referrals.app, name="referral")
app.add_typer(complaint.app, name="complaint")
app.command("checklist")(checklist.checklist)
app.command("statement")(payouts.statement)
app.add_typer(payouts.app, name="payouts")
app.command("review")(review.review)
app.command("reviews")(review.list_reviews)
app.command("corrections")(review.corrections)
app.command("web")(web.web)
app.command("dev")(dev.dev)
app.command("demo")(demo.demo)


@cache
def command() -> Callable[[], object]:
    """The whole command line. Built once in a process: reading every signature takes a while."""
    return typer.main.get_command(app)


def main() -> None:
    """Run the command line; a person's mistake is one line on stderr and exit status 2."""
    spell_out()
    try:
        command()()
    except PartnersError as error:
        common.err.print(f"error: {error}", soft_wrap=True)
        sys.exit(2)
    except (DatabaseError, InterfaceError) as error:
        if (words := trouble(error)) is None:
            raise
        common.err.print(f"error: {words}", soft_wrap=True)
        sys.exit(2)
