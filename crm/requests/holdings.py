"""Holdings: what requests for support keep about people, table by table, and why."""

from crm.personal import Holding, Processing

REQUESTS = Processing(
    key="demandes",
    name="Demandes d’accompagnement",
    aims="Recevoir les demandes du public, y répondre, fixer des rendez-vous, se répartir le "
    "travail en réunion et en rendre compte par des chiffres.",
    basis="Consentement de la personne qui demande (RGPD, art. 6 §1 a), recueilli sur le "
    "formulaire avec le texte qu’elle a lu\u00a0; mission d’intérêt public pour les demandes "
    "notées par téléphone (art. 6 §1 e).",
    people="Toute personne qui demande un conseil ou un accompagnement.",
    data="Votre nom, vos coordonnées, votre demande, vos documents, nos réponses, nos rendez-vous.",
    recipients="L’équipe du réseau, selon ses droits.",
    kept="Trois ans après le dernier contact venu de la personne. Le genre de la demande, le "
    "département et les dates restent ensuite, sans nom, pour les bilans.",
)
PROCESSINGS = (REQUESTS,)

ABOUT_NOBODY = ("request_numberings", "request_rules", "model_answers", "slot_offers",
                "weekly_hours", "slots")  # fmt: skip

HOLDINGS = (
    Holding("requests", "demandes", "qui demande, comment l’atteindre, pour quoi\u00a0; l’accord "
            "donné",
            own=("subject", "need", "first_name", "last_name", "email", "phone",
                 "organisation_name", "commune", "availability", "outcome_note", "suspicion"),
            free=("need", "subject", "availability", "outcome_note"),
            other=("reference", "department", "consent_text", "consent_version", "key")),
    Holding("request_words", "demandes", "mots par lesquels une demande se retrouve",
            own=("word",)),
    Holding("request_steps", "demandes", "ce qui est arrivé à une demande", own=("text",),
            free=("text",)),
    Holding("messages", "demandes", "messages échangés et notes internes",
            own=("text", "quoted", "sender", "message_id"), free=("text", "quoted")),
    Holding("request_files", "demandes", "documents reçus ou envoyés",
            own=("name", "content"), free=("name",), other=("media_type",)),
    Holding("appointments", "demandes", "rendez-vous pris", free=("cancelled_why", "place"),
            other=("video_url", "uid")),
    Holding("answers", "demandes", "réponses données par téléphone ou sur un stand",
            free=("note", "place"), other=("key", "department")),
    Holding("time_spent", "demandes", "temps passé par l’équipe", free=("note",)),
    Holding("meetings", "demandes", "comptes rendus des réunions de l’équipe",
            free=("present", "notes", "minutes"), kept="Sans limite\u00a0: archives du réseau, "
            "où les demandes effacées ne sont plus nommées."),
    Holding("meeting_decisions", "demandes", "ce qu’une réunion a décidé d’une demande",
            free=("note",), other=("slots",)),
    Holding("request_looks", "demandes", "qui de l’équipe a une demande ouverte à l’écran",
            kept="Une minute et quart."),
    Holding("absences", "demandes", "jours d’absence de l’équipe", free=("note",)),
)  # fmt: skip
