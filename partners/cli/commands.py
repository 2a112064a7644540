"""Every command by its words: where it is, and the first words of its help.

The order is that of `partners --help`, whose panels stand at the end. Only the module of the
command that is run, or asked for its own help, is loaded: a list of commands, and completion, cost
next to nothing. So what such a list says of each stands here a second time;
tests/cli/test_commands.py holds that it is the same.
"""

# ruff: noqa: E501 (one line a command)

from __future__ import annotations

from partners.cli.by_name import Group

# fmt: off
COMMANDS = Group("Run a partner program: judge, warn, give grace, reinstate or remove.", {
    # ---- Look ----
    "list": ("partners.cli.people.list_partners:list_partners", "List partners by tier and standing, as of now."),
    "show": ("partners.cli.people.show:show", "Show a partner: standing, tier, newest case, what comes next, decisions, notices, notes."),
    "cases": ("partners.cli.cases.cases:list_cases", "List the open cases, the nearest deadline first."),
    "inbox": ("partners.cli.inbox.inbox:inbox", "What waits for a person: guard, holds, mail, promotions, corrections, dead letters."),
    "audit": ("partners.cli.record.audit:audit", "What happened to a partner; or verify that nothing in the record was changed; or compare\nhow partners with the same findings were treated; or export all of it."),
    "assess": ("partners.cli.judging.assess:assess", "Hold partners against their tier's standards, on the newest settled month."),
    # ---- Decide about a partner ----
    "start": ("partners.cli.cases.cases:start", "Check a partner against the standards; open a case if they are below."),
    "extend": ("partners.cli.overrides.overrides:extend", "Give a partner more time: the deadline moves later, within 60 days of grace in all."),
    "pause": ("partners.cli.overrides.overrides:pause", "Stop the clock of an open case: leave of absence, dispute. It adds its own length."),
    "resume": ("partners.cli.overrides.overrides:resume", "End a pause; or a hold: a new warning, another look, or what the guard waits for."),
    "waive": ("partners.cli.overrides.overrides:waive", "Judge a partner no more until a day; an open case ends. Then they are judged again."),
    "reinstate": ("partners.cli.overrides.overrides:reinstate", "End an open case: the tier stays. Without one: back into the tier that was taken away."),
    "remove": ("partners.cli.overrides.overrides:remove", "Take the tier away. Before a warning and full grace only with --beyond-policy."),
    "block": ("partners.cli.overrides.overrides:block", "Put a partner beyond reviews, which ends an open case; or block only some offers."),
    "unblock": ("partners.cli.overrides.overrides:unblock", "End a block, and those of offers; only months that begin from now on count."),
    "pin": ("partners.cli.overrides.overrides:pin", "Keep a partner in their tier, whatever the numbers. The partner is not told."),
    "unpin": ("partners.cli.overrides.overrides:unpin", "End a pin: reviews judge again; only months that begin from now on count."),
    "appeal": ("partners.cli.overrides.overrides:appeal", "Open an appeal for a partner: an open case waits for the answer."),
    "uphold": ("partners.cli.overrides.overrides:uphold", "Answer an appeal: what was decided stands, and an open case goes on."),
    "overturn": ("partners.cli.overrides.overrides:overturn", "Answer an appeal: an open case is void; a removal is undone."),
    "cancel-case": ("partners.cli.cases.cases:cancel_case", "Void a case; if its warning went out, the partner gets a correction."),
    "tell": ("partners.cli.overrides.giving:tell", "Tell a partner what people decided, where that could not start; nobody is told twice."),
    "note": ("partners.cli.record.note:note", "Write a note about a partner; `partners show` lists them. Partners do not see it."),
    # ---- Tiers and how one gets there ----
    "candidates": ("partners.cli.ladder.ladder:list_candidates", "List who has earned a promotion and waits for a decision, those found first leading."),
    "approve": ("partners.cli.ladder.ladder:approve", "Promote a candidate; the partner is told. Repeat it if it was interrupted."),
    "decline": ("partners.cli.ladder.ladder:decline", "Decline a candidate. The partner is not told, and not proposed again for some time."),
    "add": ("partners.cli.ladder.ladder:add", "Put a partner into a tier by hand, from none or from a lower one; the partner is told."),
    "appraise": ("partners.cli.judging.appraise:appraise", "Record an appraisal of a partner, or show those recorded. The newest one counts."),
    "checklist": ("partners.cli.ladder.checklist:checklist", "Show the steps that get a new reseller going, or tick one."),
    "track": Group("Steps to be done in a tier, and what counts. From files: partners import tracks.", {
        "show": ("partners.cli.ladder.track:show", "Show a partner's tracks: each step, by when, what is done and until when it counts."),
        "done": ("partners.cli.ladder.track:done", "Say that a partner has done a step. Where staff confirm it, it waits for them."),
        "confirm": ("partners.cli.ladder.track:confirm", "Confirm that a partner has done a step. It counts from that day until it expires."),
        "undo": ("partners.cli.ladder.track:undo", "Refuse a step that waits for confirmation; if none waits, take a confirmed one back."),
        "list": ("partners.cli.ladder.track:list_steps", "List what is due or overdue, waits for confirmation, expires soon or has expired."),
    }),
    # ---- Everybody: reviews and the policy ----
    "review": ("partners.cli.reviews.review:review", "Judge everybody for a period and start what follows; a period is reviewed once."),
    "reviews": ("partners.cli.reviews.review:list_reviews", "List the newest reviews, newest first; or everybody whom one of them judged."),
    "corrections": ("partners.cli.reviews.review:corrections", "List closed cases that would have ended otherwise on what is known now (rule 19)."),
    "guard": Group("The guard against mass action: approve or reject.", {
        "list": ("partners.cli.reviews.guard:list_waiting", "What waits for a person, the oldest first."),
        "approve": ("partners.cli.reviews.guard:approve", "Let a review, or a case, warn or remove in spite of the guard."),
        "reject": ("partners.cli.reviews.guard:reject", "End it: a review starts no case, a case is voided (a warned partner gets a correction)."),
    }),
    "policy": Group("The policy: standards, grace, everything agreed.", {
        "check": ("partners.cli.policy.policy:check", "Say what a policy file means, or everything that is wrong with it. Changes nothing."),
        "list": ("partners.cli.policy.policy:list_versions", "Every accepted version, oldest first: from when it is in force, who accepted it, why."),
        "show": ("partners.cli.policy.policy:show", "What a version means: the one in force, or the one with that number."),
        "publish": ("partners.cli.policy.policy_publish:publish", "Put a policy in force from a day on. Shows what changes and for whom, then asks."),
        "diff": ("partners.cli.policy.policy_publish:diff", "What differs between two versions, two files, or one of each."),
        "tell": ("partners.cli.policy.policy_publish:tell", "Tell partners of a version's standards, if publishing could not; nobody is told twice."),
        "migrate": ("partners.cli.policy.policy_publish:migrate", "Judge an open case by the policy now in force; its deadline never moves earlier."),
    }),
    # ---- Feed ----
    "import": Group("Import from CSV files; the same file twice changes nothing.", {
        "partners": ("partners.cli.imports:partners", "Import partners: partner_id, name, email, tier, kind, joined_on, and if wanted time_zone,\nlanguage, fallback_email."),
        "orders": ("partners.cli.imports:orders", "Import orders: order_id, partner_id, placed_at, status, and if wanted value, rating,\naddress_ok, response_hours, customer_id, known_at, outcome_at, excluded_reason, service, cost,\noffer_id, postal_code, list_value."),
        "metrics": ("partners.cli.imports:metrics", "Import monthly values of the policy's own metrics: partner_id, month (YYYY-MM), metric,\nvalue, sample (blank: 1)."),
        "referrals": ("partners.cli.imports:referrals", "Import referrals: referral_id, partner_id, lead_ref, submitted_at, status, and if wanted\namount, closed_at, known_at, currency, reason, postal_code, service."),
        "offers": ("partners.cli.imports:offers", "Import offers: offer_id, service, name, and if wanted description, visibility, status,\nopens_on, closes_on, area, price, currency."),
        "prices": ("partners.cli.imports:prices", "Import prices: offer_id, price (90.00 or 10%), and if wanted tier, partner_id, currency,\nfrom, until, reason."),
        "grants": ("partners.cli.imports:grants", "Import grants: offer_id, partner_id, and if wanted from (blank: today), until, reason."),
        "areas": ("partners.cli.imports:areas", "Import areas: area_code, name, postal_code; a row for each postal code."),
        "tracks": ("partners.cli.imports:tracks", "Import steps of tracks that partners have done: partner_id, step, done_on, and if wanted\ntrack."),
        "recount": ("partners.cli.imports:recount", "Count the months and totals of all orders anew, in the policy's time zone."),
    }),
    "complaint": Group("Complaints about partners: recorded and counted.", {
        "add": ("partners.cli.responses.complaint:add", "Record a complaint. The next review counts it; a serious one is answered at once."),
        "list": ("partners.cli.responses.complaint:list_", "List complaints, the newest first, and what became of them."),
        "settle": ("partners.cli.responses.complaint:settle", "Say that a serious complaint was dealt with, and how. It goes on counting."),
        "withdraw": ("partners.cli.responses.complaint:withdraw", "Take a complaint back: it does not count any more, and an open case looks again."),
    }),
    # ---- What a tier opens ----
    "offers": ("partners.cli.offers.offers:offers", "List the offers that a partner sees, whether they may order them, and at what price."),
    "offer": Group("Offers: what there is, for whom, at which price.", {
        "list": ("partners.cli.offers.offer_show:list_offers", "List every offer, by id: drafts and retired ones too."),
        "show": ("partners.cli.offers.offer_show:show", "Show an offer: how it stands and stood, its prices, windows and grants."),
        "add": ("partners.cli.offers.offer_life:add", "Add an offer as a draft, which partners do not see. Then price it, and activate it."),
        "price": ("partners.cli.offers.offer_terms:price", "Set what an offer costs, for everybody (base) or a tier; or, with --until alone, end it."),
        "price-for": ("partners.cli.offers.offer_terms:price_for", "Set what an offer costs a partner; or, with --until alone, end their own price."),
        "tell": ("partners.cli.offers.offer_terms:tell", "Have partners told of prices that rise for them, if no server answered before."),
        "activate": ("partners.cli.offers.offer_life:activate", "Let partners see and order a draft, from now on or from the day on which it opens."),
        "change": ("partners.cli.offers.offer_life:change", "Change what an offer says of itself, who may see it, when and where it is open."),
        "window": ("partners.cli.offers.offer_life:window", "Say from when a tier sees and orders an offer, whatever its early access is."),
        "pause": ("partners.cli.offers.offer_life:pause", "Stop an offer: partners see it, and cannot order it."),
        "resume": ("partners.cli.offers.offer_life:resume", "Let a paused offer be ordered again."),
        "retire": ("partners.cli.offers.offer_life:retire", "End an offer for good: nobody sees or orders it any more. What was ordered stands."),
        "grant": ("partners.cli.offers.offer_terms:grant", "Grant a partner an offer that only selected partners may have."),
        "revoke": ("partners.cli.offers.offer_terms:revoke", "Take a grant back, from now on. What the partner ordered stands."),
        "prices": ("partners.cli.offers.offer_show:list_prices", "List every price of an offer that was ever set, the newest first."),
        "grants": ("partners.cli.offers.offer_show:list_grants", "List who was granted an offer, the newest first, and what was revoked."),
        "unmatched": ("partners.cli.offers.offer_show:list_unmatched", "List blocks that were written in words which no offer has as its id or its name."),
        "match": ("partners.cli.offers.offer_show:match", "Say which offer is meant by words that stand in blocks."),
        "orders": ("partners.cli.offers.doubtful_orders:orders", "List orders of offers that their partner could not have had when they were placed."),
        "settle": ("partners.cli.offers.doubtful_orders:settle", "Take orders off the list: somebody has looked at them. The orders stand as they are."),
        "check": ("partners.cli.offers.offers:check", "Say whether a partner sees an offer, may order it, at what price, and why."),
    }),
    "area": Group("Areas: postal codes under one name.", {
        "add": ("partners.cli.offers.areas:add", "Add an area: postal codes under one name. Many at once: `partners area import`."),
        "import": ("partners.cli.imports:areas", "Import areas: area_code, name, postal_code; a row for each postal code."),
        "list": ("partners.cli.offers.areas:list_areas", "List areas by code."),
        "show": ("partners.cli.offers.areas:show", "Show an area with all its postal codes."),
    }),
    "exclusive": Group("Exclusives: a service in an area, for one partner, for a term.", {
        "propose": ("partners.cli.offers.exclusives:propose", "Propose an exclusive. It binds nobody until a person signs it: `partners exclusive\nactivate`."),
        "activate": ("partners.cli.offers.exclusives:activate", "Sign a proposal: the place is held, others are told, and it begins on its first day."),
        "list": ("partners.cli.offers.exclusive_lists:list_exclusives", "List exclusives, those whose term ends last leading."),
        "show": ("partners.cli.offers.exclusive_lists:show", "Show an exclusive: its terms, how it stood when, and what its periods came to."),
        "renew": ("partners.cli.offers.exclusives:renew", "Propose an exclusive that follows another: the same terms, for as long again."),
        "withdraw": ("partners.cli.offers.exclusives:withdraw", "Take a proposal back that nobody has signed."),
        "end": ("partners.cli.offers.exclusives:end", "End an exclusive before its last day: others may order there, and another may be signed."),
    }),
    # ---- Mail ----
    "mail": Group("Read the outbox; preview and test notices; mark as sent.", {
        "preview": ("partners.cli.mail.mail_preview:preview", "Show invented notices in the browser, as phone and desktop show them, light and dark."),
        "test": ("partners.cli.mail.mail_trial:send_test", "Send an invented notice, marked as a test, the way real mail goes."),
        "list": ("partners.cli.mail.mail:list_messages", "List messages, newest first."),
        "show": ("partners.cli.mail.mail:show", "Print one message: its headers, what became of it, and its text."),
        "open": ("partners.cli.mail.mail:open_message", "Show one message in the browser; prints the file's path."),
        "export": ("partners.cli.mail.mail:export", "Write one message to a file that every mail program opens."),
        "mark-sent": ("partners.cli.mail.mail:mark_sent", "Say that you sent a waiting message yourself. Of a warning, the grace runs from then on."),
        "blocked": ("partners.cli.mail.mail_rules:blocked", "List addresses that are not written to, at all or about a topic, newest first."),
        "unblock": ("partners.cli.mail.mail_rules:unblock", "Write to an address again after it bounced or complained; ask its owner first."),
        "approve": ("partners.cli.mail.mail_rules:approve", "Let a run of mail go over its cap."),
        "resolve": ("partners.cli.mail.mail_resolve:resolve", "Say what became of an unknown message. Not sent: its notice goes out again, if it still may."),
    }),
    "stop": Group("Kill switches: stop what is sent or reviewed.", {
        "mail": ("partners.cli.mail.switches:stop_mail", "Stop all mail at once. Cases wait; nobody is removed while they cannot be told."),
        "kind": ("partners.cli.mail.switches:stop_kind", "Stop one kind of notice. Whatever waits for one of these waits."),
        "review": ("partners.cli.mail.switches:stop_review", "Stop one kind of review: those that are due judge nobody and say so."),
        "list": ("partners.cli.mail.switches:list_stopped", "What is stopped, since when, by whom and why."),
    }),
    "go": Group("Let go on what was stopped.", {
        "mail": ("partners.cli.mail.switches:go_mail", "Let mail go again; cases that wait for it go on."),
        "kind": ("partners.cli.mail.switches:go_kind", "Let one kind of notice go again; cases that wait for it go on."),
        "review": ("partners.cli.mail.switches:go_review", "Let one kind of review go again; a period that was missed can be reviewed by hand."),
    }),
    # ---- Referrals and people's money ----
    "referral": Group("Leads that partners refer, and what became of them.", {
        "add": ("partners.cli.referrals.referrals:add", "Add a referral: a partner has submitted a lead."),
        "accept": ("partners.cli.referrals.referrals:accept", "Accept a referral, by the terms of today; also one that was lost or rejected."),
        "convert": ("partners.cli.referrals.referrals:convert", "A referral has led to a purchase. Done again, it corrects the amount and the day."),
        "lose": ("partners.cli.referrals.referrals:lose", "A referral will not lead to a purchase."),
        "refund": ("partners.cli.referrals.referrals:refund", "The purchase was refunded: what it paid is taken back."),
        "reject": ("partners.cli.referrals.referrals:reject", "Reject a referral; the partner is told why."),
        "assign": ("partners.cli.referrals.leads:assign", "Give the lead to a reseller, to sales, or, where neither is named, to the next in line."),
        "take": ("partners.cli.referrals.leads:take", "Say that whoever has been asked works the lead."),
        "decline": ("partners.cli.referrals.leads:decline", "Say that whoever has the lead does not want it: it goes on to the next, and never back."),
        "leads": ("partners.cli.referrals.leads:list_leads", "List who works the leads of referrals, those that changed last leading."),
        "sellers": ("partners.cli.referrals.leads:list_sellers", "List how sellers dealt with their leads: taken, declined, passed on, won, and the days."),
        "list": ("partners.cli.referrals.referrals:list_referrals", "List referrals, those submitted last leading."),
        "show": ("partners.cli.referrals.referrals:show", "Show a referral: how it stands, all that was reported of it, and its ledger."),
    }),
    "statement": ("partners.cli.referrals.payouts:statement", "What a partner earned in a month, entry by entry, with the balance."),
    "payouts": Group("Export what is payable, and say what was paid. The payment itself happens elsewhere.", {
        "export": ("partners.cli.referrals.payouts:export", "Export what is payable as CSV for payroll: one payout a partner."),
        "list": ("partners.cli.referrals.payouts:list_payouts", "List payouts that were exported, and of which nobody has said that they were paid."),
        "mark-paid": ("partners.cli.referrals.payouts:mark_paid", "Say that payouts were paid; said again, it changes nothing."),
    }),
    "incentives": Group("What tiers pay back for completed orders, month by month.", {
        "accrue": ("partners.cli.offers.incentives:accrue", "Accrue what completed orders of a month pay back; a month accrues once."),
        "list": ("partners.cli.offers.incentives:list_runs", "List what accrued, month by month, those of the newest month leading."),
        "show": ("partners.cli.offers.incentives:show", "What accrued for a partner, period by period, with the figures and terms it rests on."),
    }),
    # ---- Run ----
    "init": ("partners.cli.local.init:init", "Begin a program in this folder: writes a policy and sample files, and says what is next."),
    "setup": ("partners.cli.setup:setup", "Make everything ready: tables, a first policy, search attributes, schedules; repeatable."),
    "web": ("partners.cli.web:web", "Serve preferences, unsubscriptions and SendGrid's events until Ctrl-C."),
    "webhook": Group("Changes told to the outside, and dead letters.", {
        "secret": ("partners.cli.webhooks.webhook:secret", "Make a new secret for PARTNERS_WEBHOOK_SECRET; it is printed once and kept nowhere."),
        "test": ("partners.cli.webhooks.webhook:test", "Hand the receiver a signed event of type `partner.test`, and say what it answers."),
        "list": ("partners.cli.webhooks.webhook:list_events", "Events that have not arrived, the oldest first; dead ones hold up their partner's."),
        "retry": ("partners.cli.webhooks.webhook:retry", "Have dead letters delivered again; those after them follow. Also starts what waits."),
        "skip": ("partners.cli.webhooks.webhook:skip", "Pass over one event, so that those after it go out. The receiver never gets it."),
        "off": ("partners.cli.webhooks.webhook:off", "Tell nobody of changes any more; `partners setup` with an address set begins anew."),
    }),
    "dev": ("partners.cli.local.dev:dev", "Run everything here until Ctrl-C. Data is kept in .partners/, so cases go on next time."),
    "demo": ("partners.cli.local.demo:demo", "Show thirteen sample partners, each with a story that ends, in about a minute."),
}, panels={
    "Look": "list show cases inbox audit assess",
    "Decide about a partner": "start extend pause resume waive reinstate remove block unblock pin unpin appeal uphold overturn cancel-case tell note",
    "Tiers and how one gets there": "candidates approve decline add appraise checklist track",
    "Everybody: reviews and the policy": "review reviews corrections guard policy",
    "Feed": "import complaint",
    "What a tier opens": "offers offer area exclusive",
    "Mail": "mail stop go",
    "Referrals and people's money": "referral statement payouts incentives",
    "Run": "init setup web webhook dev demo",
})
