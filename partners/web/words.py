"""The sentences of the pages that partners see, in their language."""

from __future__ import annotations

from dataclasses import dataclass

from partners.domain.topics import Topic


@dataclass(frozen=True)
class Words:
    """One language. `{topic}` and `{provider}` are filled in."""

    language: str
    title: str
    intro: str
    always: str
    save: str
    none: str
    saved: str
    unsubscribe: str
    question: str
    confirm: str
    done: str
    all_topics: str
    back: str
    bad_link: str
    bad_link_help: str
    topics: dict[Topic, tuple[str, str]]


ENGLISH = Words(
    language="en",
    title="E-mail preferences",
    intro="Choose what {provider} may write to you about.",
    always="E-mails about your standing in the program, such as warnings and decisions, "
    "are part of it and are always sent.",
    save="Save",
    none="Turn all of these off",
    saved="Saved. Your choice applies from now on.",
    unsubscribe="Unsubscribe",
    question="Do you want no more e-mail about: {topic}?",
    confirm="Yes, unsubscribe",
    done="Done. You will get no more e-mail about: {topic}.",
    all_topics="everything optional",
    back="All e-mail preferences",
    bad_link="This link is not complete",
    bad_link_help="Please open it again from the e-mail, or answer that e-mail.",
    topics={
        Topic.NEWSLETTER: ("Newsletter", "News of the program, now and then."),
        Topic.SCORECARD: ("Scorecards", "How your figures compare with the standards."),
        Topic.PROMOTIONS: ("Offers", "Special prices and campaigns."),
        Topic.ANNOUNCEMENTS: ("Announcements", "New products, services and dates."),
        Topic.REFERRAL_DIGEST: ("Referral digests", "What became of the leads you referred."),
    },
)
GERMAN = Words(
    language="de",
    title="E-Mail-Einstellungen",
    intro="Wählen Sie, worüber {provider} Ihnen schreiben darf.",
    always="E-Mails zu Ihrem Status im Programm, etwa Hinweise und Entscheidungen, gehören zum "
    "Programm und werden immer gesendet.",
    save="Speichern",
    none="Alle abbestellen",
    saved="Gespeichert. Ihre Auswahl gilt ab sofort.",
    unsubscribe="Abbestellen",
    question="Möchten Sie keine E-Mails mehr zu: {topic}?",
    confirm="Ja, abbestellen",
    done="Erledigt. Sie erhalten keine E-Mails mehr zu: {topic}.",
    all_topics="allem, was freiwillig ist",
    back="Alle E-Mail-Einstellungen",
    bad_link="Dieser Link ist unvollständig",
    bad_link_help="Bitte öffnen Sie ihn noch einmal aus der E-Mail, oder antworten Sie auf sie.",
    topics={
        Topic.NEWSLETTER: ("Newsletter", "Ab und zu Neues aus dem Programm."),
        Topic.SCORECARD: ("Auswertungen", "Ihre Zahlen im Vergleich mit den Anforderungen."),
        Topic.PROMOTIONS: ("Angebote", "Sonderpreise und Aktionen."),
        Topic.ANNOUNCEMENTS: ("Ankündigungen", "Neue Produkte, Leistungen und Termine."),
        Topic.REFERRAL_DIGEST: ("Empfehlungen", "Was aus Ihren Empfehlungen geworden ist."),
    },
)
SPANISH = Words(
    language="es",
    title="Preferencias de correo",
    intro="Elija sobre qué puede escribirle {provider}.",
    always="Los correos sobre su situación en el programa, como avisos y decisiones, forman parte "
    "de él y se envían siempre.",
    save="Guardar",
    none="Desactivar todos",
    saved="Guardado. Su elección se aplica desde ahora.",
    unsubscribe="Darse de baja",
    question="¿Desea no recibir más correos sobre: {topic}?",
    confirm="Sí, darme de baja",
    done="Hecho. No recibirá más correos sobre: {topic}.",
    all_topics="todo lo opcional",
    back="Todas las preferencias de correo",
    bad_link="Este enlace está incompleto",
    bad_link_help="Ábralo de nuevo desde el correo o responda a ese correo.",
    topics={
        Topic.NEWSLETTER: ("Boletín", "Novedades del programa, de vez en cuando."),
        Topic.SCORECARD: ("Resultados", "Sus cifras comparadas con los requisitos."),
        Topic.PROMOTIONS: ("Ofertas", "Precios especiales y campañas."),
        Topic.ANNOUNCEMENTS: ("Anuncios", "Nuevos productos, servicios y fechas."),
        Topic.REFERRAL_DIGEST: ("Recomendaciones", "Qué fue de los clientes que recomendó."),
    },
)
_ALL = {words.language: words for words in (ENGLISH, GERMAN, SPANISH)}


def words_for(*languages: str | None) -> Words:
    """The first of these languages (`de`, `de-AT`) that has sentences, else English."""
    known = (_ALL.get((language or "")[:2].lower()) for language in languages)
    return next((words for words in known if words is not None), ENGLISH)
