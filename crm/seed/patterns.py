"""How organisations are called, by type of actor. `{…}` is filled by a Scene.

The first figure says how often the pattern is met; a pattern with `{ville}` is one of the invented
towns, and its organisation is at home there.
"""

from crm.seed.listed import phrases

PATTERNS: dict[str, list[tuple[int, str]]] = {
    "association": [
        (7, "Comité de jumelage {de_ville}"),
        (4, "Comité de jumelage-coopération {de_ville}"),
        (3, "Amis du jumelage {de_ville}"),
        (7, "Les Amis {de_village}"),
        (4, "Un puits pour {village}"),
        (5, "Une école pour {village}"),
        (4, "{commune} – {village}"),
        (4, "Les Enfants {de_village}"),
        (3, "Eau vive {village}"),
        (3, "Santé {village}"),
        (3, "Soleil sur {village}"),
        (4, "Association pour le développement {de_village}"),
        (3, "Association de soutien aux écoles {de_village}"),
        (3, "Association de parrainage des enfants {de_village}"),
        (3, "Les Jardins {de_village}"),
        (2, "Un dispensaire pour {village}"),
        (2, "Livres et cahiers pour {village}"),
        (2, "Ensemble avec {village}"),
        (2, "Main dans la main avec {village}"),
        (2, "Au cœur {de_village}"),
        (2, "Les Amis de l’hôpital {de_village}"),
        (2, "Lumières pour {village}"),
        (2, "Partage avec {village}"),
        (4, "Solidarité {pays} {departement}"),
        (3, "Échanges {commune} – {pays}"),
        (3, "Passerelles {pays}"),
        (2, "Horizon {pays} – {commune}"),
        (2, "Soins et partage {au_pays}"),
        (3, "Actions {pays} {commune}"),
        (2, "Écoles {du_pays}"),
        (2, "Agir pour les femmes {du_pays}"),
        (2, "Agriculteurs solidaires {du_pays}"),
        (20, "{image} {ajout}"),
        (12, "{image} {ajout} – {commune}"),
        (9, "{mouvement} – groupe {de_commune}"),
        (8, "{mouvement} {du_departement}"),
        (3, "Étudiants solidaires {de_commune}"),
        (2, "Ingénieurs et techniciens solidaires {du_departement}"),
        (2, "Soignants solidaires {de_commune}"),
        (2, "Pompiers solidaires {du_departement}"),
        (2, "Collectif Palestine {de_commune}"),
        (2, "Forestiers et paysans du monde – {commune}"),
        (2, "Restaurateurs du patrimoine {de_village}"),
    ],
    "osim": [
        (6, "Association des ressortissants {de_village} {en_departement}"),
        (4, "Union pour le développement {de_village}"),
        (3, "Association des femmes {femmes} {de_commune}"),
        (3, "Diaspora solidaire {de_village}"),
        (2, "Jeunesse {de_village} en France"),
        (3, "Amicale des {gens} {de_ville}"),
        (2, "Les Deux Rives : {commune} et {village}"),
        (2, "Entraide {village} {departement}"),
        (2, "Fraternité {village}"),
        (2, "Collectif des originaires {de_village}"),
    ],
    "collectivite": [(1, "Commune {de_ville}")],
    "epci": [
        (5, "Communauté de communes {pays_local}"),
        (1, "Communauté d’agglomération {pays_local}"),
    ],
    "enseignement": [
        (5, "Lycée {honneur}"),
        (3, "Lycée professionnel {honneur}"),
        (5, "Collège {honneur}"),
        (2, "École primaire {honneur}"),
        (2, "Lycée agricole {de_ville}"),
        (2, "Maison familiale rurale {de_ville}"),
        (3, "Collège {de_ville}"),
        (1, "Institut médico-éducatif {arbres}"),
        (2, "École {de_ville}"),
        (1, "Centre de formation d’apprentis {honneur}"),
    ],
    "universite": [
        (3, "Université des Trois-Vallées – {faculte}"),
        (2, "Université Berthe-Rouvière – {faculte}"),
        (1, "École supérieure d’ingénieurs {honneur}"),
        (1, "Institut {honneur} d’études du développement"),
        (1, "Laboratoire {recherche} – Université des Trois-Vallées"),
        (1, "Laboratoire {recherche} – Université Berthe-Rouvière"),
    ],
    "sante": [
        (4, "Centre hospitalier {de_ville}"),
        (2, "Clinique {arbres}"),
        (2, "Institut de formation en soins infirmiers {de_ville}"),
        (2, "Maison de santé {de_ville}"),
        (1, "Centre de santé {honneur}"),
        (1, "Hôpital local {de_ville}"),
    ],
    "entreprise": [(3, "{marque} {metier}"), (2, "{marque}"), (2, "{marque} – {commune}")],
    "cooperative": [
        (2, "SCOP {image} {ajout}"),
        (2, "SCIC {marque}"),
        (1, "Coopérative {honneur}"),
        (2, "SCIC {pays_nu}"),
    ],
    "fondation": [
        (4, "Fondation {honneur}"),
        (2, "Fonds de dotation {image} {ajout}"),
        (2, "Fondation d’entreprise {marque}"),
        (1, "Fondation {honneur} pour l’enfance"),
    ],
    "chambre": [
        (1, "Chambre d’agriculture {pays_local}"),
        (1, "Chambre de métiers {pays_local}"),
        (1, "Chambre de commerce et d’industrie {pays_local}"),
    ],
    "etablissement-public": [
        (2, "Syndicat mixte des eaux {pays_local}"),
        (2, "Parc naturel régional {pays_local}"),
        (1, "Régie des eaux {de_ville}"),
        (1, "Syndicat de traitement des déchets {pays_local}"),
        (1, "Centre culturel {de_ville}"),
        (1, "Médiathèque {de_ville}"),
    ],
    "etat": [
        (2, "Service jeunesse et engagement {du_departement}"),
        (1, "Délégation aux droits des femmes {du_departement}"),
    ],
    "media": [
        (3, "Radio {stem}"),
        (2, "La Gazette {pays_local}"),
        (1, "Le Courrier {pays_local}"),
        (2, "{stem} TV"),
    ],
    "collectif": [
        (3, "Collectif solidarité internationale {de_commune}"),
        (3, "Collectif Festival des solidarités {de_commune}"),
        (2, "Réseau {image} {ajout}"),
        (3, "Réseau jeunesse et solidarité {du_departement}"),
        (2, "Maison des associations solidaires {de_ville}"),
        (2, "Collectif {pays} {du_departement}"),
        (2, "Groupe des acteurs {du_pays} {en_departement}"),
    ],
    "education-populaire": [
        (5, "MJC {de_ville}"),
        (4, "Centre social {arbres}"),
        (2, "Foyer rural {de_ville}"),
        (3, "Maison de quartier {arbres}"),
        (2, "Fédération Lucien Garance {du_departement}"),
        (2, "Auberge de jeunesse {de_ville}"),
        (2, "Amicale laïque {de_ville}"),
    ],
}

# How 3,000 organisations are shared between the types, in thousandths.
SHARES = {
    "association": 545, "osim": 75, "collectivite": 70, "epci": 13, "enseignement": 78,
    "universite": 15, "sante": 24, "entreprise": 48, "cooperative": 12, "fondation": 13,
    "chambre": 6, "etablissement-public": 16, "etat": 5, "media": 12, "collectif": 30,
    "education-populaire": 38,
}  # fmt: skip

IMAGES = phrases("""
Les Passeurs | Les Semeurs | Les Bâtisseurs | Les Tisserands | La Caravane | La Maison | L’Atelier
Les Ailes | Le Fil | Les Sentiers | La Ronde | Les Mains | Les Chemins | La Passerelle | La Source
Les Rives | Le Puits | Le Baobab | Le Jardin | Les Voix | Les Compagnons | La Pirogue | Les Racines
Le Relais | La Route | Les Colporteurs | L’Escale | La Fabrique | Les Veilleurs | Le Marché
L’Arbre | Les Greniers | La Calebasse | Les Lanternes | L’Abri | Les Cordées | Le Four | La Roue
""")

ADDITIONS = phrases("""
d’horizons | des savoirs | du partage | d’eau claire | des livres | des deux rives | de l’avenir
des quatre vents | du fleuve | de la savane | des collines | des hameaux | d’espérance
du lendemain | des peuples | de l’amitié | du Sahel | des écoliers | de la terre | sans frontière
des possibles | du bout du monde | de l’entraide | des aînés | de l’aube | du grand large
des mots | des semences | d’ici et là-bas | du karité | des métiers | des cueilleuses | de la paix
""")

MOVEMENTS = phrases("""
Terres voisines | Pain et Paroles | Médecins des hameaux | Artisans du lien | Peuples et Partage
Jeunesse en route | Solidarité paysanne | Enfance debout | Eau et Villages | Lumière pour tous
Amitié entre les peuples | Dignité pour chacun | Retraités volontaires | Sources de vie
Semences et Savoirs | Accueil et Refuge | Handicap et Horizons | Vétérinaires des pasteurs
Livres en partage | Commerce juste
""")

TREES = phrases("""
Les Tilleuls | Les Marronniers | Les Alouettes | Le Grand Pré | Les Bleuets | La Pinède
Les Charmilles | Les Hirondelles | Le Vieux Moulin | Les Cerisiers | La Roseraie | Les Mésanges
Les Coquelicots | La Chênaie | Les Églantines | Le Verger | Les Libellules | Les Genêts
La Peupleraie | Les Glycines | Les Noisetiers | La Grange aux Belles | Les Fauvettes | Le Belvédère
Les Campanules | La Source | Les Trois Fontaines | Les Pervenches | La Clairière | Les Mûriers
""")

BRANDS = phrases("""
Hydrosolène | Altivaune | Solarvel | Terrabrune | Novalpe | Aquiterne | Biosylve | Cordalys
Energuil | Ferralpine | Granivert | Isolune | Lumivent | Mécavienne | Oléandra | Pompélia
Rivéole | Sanitalpe | Tissuval | Verdaune | Maraîchine | Charpentis | Cartogée | Dromélec
Filaterre | Vélovane | Cacaorive | Karitane | Numébourg | Papetine | Savonnelle | Ventadour Béton
Bioforge | Alpirail | Cévenelle | Lavéronne | Maltavie | Ondaline | Plastilune | Quintalis
""")

TRADES = phrases("""
Ingénierie | Énergies | Conseil | Environnement | Formation | Pompes | Santé | Logistique
Cartographie | Solaire | Assainissement | Négoce équitable | Numérique | Bâtiment
""")

FACULTIES = phrases("""
faculté de géographie | faculté de droit | département d’information-communication
institut d’urbanisme | relations internationales | faculté de médecine | institut de sociologie
école d’agronomie | service de la vie étudiante | centre de langues | département d’histoire
""")

RESEARCH = phrases("""
Eaux et territoires | Mobilités et diasporas | Sols tropicaux | Sociétés en transition
Santé et sociétés | Énergies décentralisées | Mondes agricoles | Villes et climat
""")
