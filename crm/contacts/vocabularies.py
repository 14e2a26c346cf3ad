"""The terms an empty network starts with; from then on an administrator edits them."""

from babel import Locale

from crm.contacts.terms import Vocabulary

_NOT_COUNTRIES = {"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"}

TERMS: dict[Vocabulary, list[tuple[str, str]]] = {
    Vocabulary.ACTOR_TYPE: [
        ("association", "Association"),
        ("collectivite", "Collectivité territoriale"),
        ("epci", "Intercommunalité (EPCI)"),
        ("enseignement", "Établissement d’enseignement"),
        ("universite", "Université et recherche"),
        ("sante", "Établissement de santé"),
        ("entreprise", "Entreprise"),
        ("cooperative", "Coopérative"),
        ("fondation", "Fondation"),
        ("chambre", "Chambre consulaire"),
        ("etablissement-public", "Établissement public"),
        ("etat", "Service de l’État"),
        ("media", "Média"),
        ("collectif", "Collectif ou réseau"),
        ("osim", "OSIM (organisation de solidarité issue des migrations)"),
        ("education-populaire", "Structure d’éducation populaire"),
    ],
    Vocabulary.SECTOR: [
        ("agriculture", "Agriculture et alimentation"),
        ("eau", "Eau et assainissement"),
        ("sante", "Santé"),
        ("education", "Éducation"),
        ("formation", "Formation professionnelle"),
        ("culture", "Culture et patrimoine"),
        ("environnement", "Environnement et climat"),
        ("energie", "Énergie"),
        ("dechets", "Déchets"),
        ("economie", "Développement économique"),
        ("gouvernance", "Gouvernance et appui institutionnel"),
        ("droits", "Droits humains"),
        ("egalite", "Égalité femmes-hommes"),
        ("jeunesse", "Jeunesse et mobilité"),
        ("ecsi", "Éducation à la citoyenneté et à la solidarité internationale"),
        ("migrations", "Migrations"),
        ("urgence", "Action humanitaire d’urgence"),
        ("sport", "Sport et loisirs"),
    ],
    Vocabulary.SDG: [
        ("01", "1. Pas de pauvreté"),
        ("02", "2. Faim «\u00a0zéro\u00a0»"),
        ("03", "3. Bonne santé et bien-être"),
        ("04", "4. Éducation de qualité"),
        ("05", "5. Égalité entre les sexes"),
        ("06", "6. Eau propre et assainissement"),
        ("07", "7. Énergie propre et d’un coût abordable"),
        ("08", "8. Travail décent et croissance économique"),
        ("09", "9. Industrie, innovation et infrastructure"),
        ("10", "10. Inégalités réduites"),
        ("11", "11. Villes et communautés durables"),
        ("12", "12. Consommation et production responsables"),
        ("13", "13. Lutte contre les changements climatiques"),
        ("14", "14. Vie aquatique"),
        ("15", "15. Vie terrestre"),
        ("16", "16. Paix, justice et institutions efficaces"),
        ("17", "17. Partenariats pour la réalisation des objectifs"),
    ],
    Vocabulary.COUNTRY: [
        (code, name)
        for code, name in Locale("fr").territories.items()
        if len(code) == 2 and code.isalpha() and code not in _NOT_COUNTRIES
    ],
    Vocabulary.MISSION: [
        ("information", "Information"),
        ("si-reseau", "SI – Mise en réseau"),
        ("si-formations", "SI – Formations"),
        ("si-accompagnement", "SI – Accompagnement collectif"),
        ("ecsi-reseau", "ECSI – Mise en réseau"),
        ("ecsi-accompagnement", "ECSI – Accompagnement collectif"),
    ],
    Vocabulary.THEME: [
        ("montage", "Montage de projet"),
        ("financement", "Financements"),
        ("partenaires", "Recherche de partenaires"),
        ("ecsi", "Éducation à la citoyenneté mondiale, festivals"),
        ("jeunesse", "Projets de jeunes"),
        ("volontariat", "Volontariat et départ à l’étranger"),
        ("emploi", "Emplois, stages, métiers"),
        ("cooperation", "Coopération des collectivités"),
        ("acteurs", "Acteurs de la région"),
        ("vie-associative", "Vie associative"),
        ("reseau", "Le réseau et ses services"),
        ("autre", "Autre thème"),
    ],
}
