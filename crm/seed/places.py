"""Places: real communes for addresses, invented ones for the towns that are part of the network."""

import random
from dataclasses import dataclass
from itertools import accumulate

from crm.seed.listed import phrases, words


@dataclass(frozen=True)
class Place:
    """Where something is."""

    commune: str
    postcode: str
    department: str
    weight: int = 1


# Department: how it is called, « du/de la/de l’… », « en/dans … », and what invented communes of
# that department may be named after.
GRAMMAR = {
    "01": ("de l’Ain", "dans l’Ain", ("en-Bugey", "sur-Veyle", "la-Dombes")),
    "03": ("de l’Allier", "dans l’Allier", ("sur-Besbre", "en-Bourbonnais", "le-Château")),
    "07": ("de l’Ardèche", "en Ardèche", ("en-Vivarais", "sur-Eyrieux", "les-Châtaigniers")),
    "15": ("du Cantal", "dans le Cantal", ("en-Carladès", "sur-Cère", "la-Montagne")),
    "26": ("de la Drôme", "dans la Drôme", ("en-Diois", "sur-Roubion", "les-Lavandes")),
    "38": ("de l’Isère", "en Isère", ("en-Trièves", "sur-Bourbre", "le-Guiers")),
    "42": ("de la Loire", "dans la Loire", ("en-Forez", "sur-Lignon", "la-Plaine")),
    "43": ("de la Haute-Loire", "en Haute-Loire", ("en-Velay", "sur-Allagnon", "le-Volcan")),
    "63": ("du Puy-de-Dôme", "dans le Puy-de-Dôme", ("en-Livradois", "sur-Dore", "les-Dômes")),
    "69": ("du Rhône", "dans le Rhône", ("en-Beaujolais", "sur-Azergues", "les-Vignes")),
    "73": ("de la Savoie", "en Savoie", ("en-Bauges", "sur-Arc", "le-Lac")),
    "74": ("de la Haute-Savoie", "en Haute-Savoie", ("en-Genevois", "sur-Fier", "les-Alpages")),
}

_REAL = """
01 Bourg-en-Bresse 01000 14 | Oyonnax 01100 6 | Ambérieu-en-Bugey 01500 4 | Belley 01300 3
01 Gex 01170 3 | Ferney-Voltaire 01210 5 | Miribel 01700 2 | Trévoux 01600 2 | Meximieux 01800 2
01 Nantua 01130 2 | Châtillon-sur-Chalaronne 01400 1
03 Moulins 03000 7 | Montluçon 03100 8 | Vichy 03200 8 | Cusset 03300 2 | Yzeure 03400 2
03 Saint-Pourçain-sur-Sioule 03500 1 | Gannat 03800 1 | Commentry 03600 1
07 Privas 07000 5 | Annonay 07100 7 | Aubenas 07200 7 | Tournon-sur-Rhône 07300 3
07 Le Teil 07400 2 | Guilherand-Granges 07500 3 | Vals-les-Bains 07600 1 | Lamastre 07270 2
07 Largentière 07110 1 | Les Vans 07140 2
15 Aurillac 15000 9 | Saint-Flour 15100 3 | Mauriac 15200 2 | Murat 15300 1
15 Riom-ès-Montagnes 15400 1 | Arpajon-sur-Cère 15130 1
26 Valence 26000 16 | Romans-sur-Isère 26100 11 | Montélimar 26200 8 | Bourg-lès-Valence 26500 3
26 Crest 26400 6 | Die 26150 5 | Nyons 26110 3 | Pierrelatte 26700 2 | Livron-sur-Drôme 26250 2
26 Portes-lès-Valence 26800 2 | Saint-Vallier 26240 1
38 Grenoble 38000 34 | Grenoble 38100 16 | Saint-Martin-d’Hères 38400 10 | Échirolles 38130 8
38 Vienne 38200 8 | Bourgoin-Jallieu 38300 7 | Fontaine 38600 5 | Voiron 38500 6 | Meylan 38240 5
38 Villefontaine 38090 3 | Saint-Marcellin 38160 3 | La Mure 38350 3 | Crolles 38920 4
38 Eybens 38320 3 | Le Pont-de-Claix 38800 2 | Sassenage 38360 2 | La Tour-du-Pin 38110 3
42 Saint-Étienne 42000 20 | Saint-Étienne 42100 10 | Roanne 42300 8 | Saint-Chamond 42400 5
42 Firminy 42700 3 | Montbrison 42600 4 | Rive-de-Gier 42800 3 | Feurs 42110 2 | Riorges 42153 1
42 Le Chambon-Feugerolles 42500 2 | Andrézieux-Bouthéon 42160 2
43 Le Puy-en-Velay 43000 8 | Monistrol-sur-Loire 43120 3 | Yssingeaux 43200 2 | Brioude 43100 3
43 Langeac 43300 1 | Le Chambon-sur-Lignon 43400 2 | Sainte-Sigolène 43600 1
63 Clermont-Ferrand 63000 26 | Clermont-Ferrand 63100 8 | Cournon-d’Auvergne 63800 4 | Riom 63200 5
63 Chamalières 63400 4 | Issoire 63500 4 | Thiers 63300 4 | Ambert 63600 3 | Aubière 63170 4
63 Billom 63160 2 | Gerzat 63360 1 | Pont-du-Château 63430 1 | Beaumont 63110 2
69 Lyon 69001 16 | Lyon 69002 10 | Lyon 69003 22 | Lyon 69004 14 | Lyon 69005 10 | Lyon 69006 8
69 Lyon 69007 28 | Lyon 69008 18 | Lyon 69009 14 | Villeurbanne 69100 30 | Vénissieux 69200 10
69 Caluire-et-Cuire 69300 6 | Saint-Priest 69800 6 | Bron 69500 8 | Vaulx-en-Velin 69120 8
69 Villefranche-sur-Saône 69400 6 | Givors 69700 4 | Rillieux-la-Pape 69140 4 | Meyzieu 69330 3
69 Oullins-Pierre-Bénite 69600 5 | Décines-Charpieu 69150 3 | Tassin-la-Demi-Lune 69160 3
69 Écully 69130 3 | Francheville 69340 2 | L’Arbresle 69210 2 | Tarare 69170 2 | Brignais 69530 2
69 Belleville-en-Beaujolais 69220 2 | Genas 69740 1
73 Chambéry 73000 18 | Aix-les-Bains 73100 6 | Albertville 73200 6 | Ugine 73400 2
73 Saint-Jean-de-Maurienne 73300 3 | La Motte-Servolex 73290 3 | La Ravoire 73490 2
73 Bourg-Saint-Maurice 73700 2 | Montmélian 73800 2 | Modane 73500 1 | Moûtiers 73600 1
74 Annecy 74000 20 | Annemasse 74100 11 | Thonon-les-Bains 74200 7 | Cluses 74300 4
74 Sallanches 74700 3 | Rumilly 74150 3 | Bonneville 74130 3 | Gaillard 74240 2
74 La Roche-sur-Foron 74800 3 | Évian-les-Bains 74500 2 | Saint-Julien-en-Genevois 74160 4
74 Faverges-Seythenex 74210 1
"""

_SAINTS = words("""
Aubrin Gervolin Ombeline Aldegrin Rambaldin Théofrède Évroudin Lambertin Baudrille Cyprine
Foulquin Gontrain Amarande Hildemar Josserand Mélardin Odilard Ponsard Quirian Ursanne
Valbert Wulfrin Adhémarin Bertilde Corentine Dalmassin Emerande Fortunade Guirande Isarnin
Landrade Maxelin Nectarin Oriolan Privade Réginard Savinelle Thibérin Volusin Ysolde
""")

_STEMS = phrases("""
Montaubrac | Chantevielle | Combelaine | Roche-Ferrande | Vallongue | Fontbrunelle | Clairaval
Pierrefauve | Beauvernet | La Bastide-Morel | Les Aubarets | Villedoux-le-Haut | Malvernay
Chassagnole-Vieille | Champlaurier | Bessamorel-le-Neuf | Le Mas-Chevrier | Valcombe | Haute-Fage
Courmandin | Treizemines | Noirevaux | Montrebel | Le Bouchat-d’Or | Sauvebelle | Grandrivaz
Châteauvert-la-Tour | Neyrolan | Entreroches | Vernoulette | Les Trois-Fayards | Cuminière
Bellegorge-d’en-Haut | Mirandelle | Orcivaz
""")


def _real() -> list[Place]:
    places = []
    for line in _REAL.strip().splitlines():
        department, rest = line[:2], line[3:]
        for entry in rest.split(" | "):
            name, postcode, weight = entry.rsplit(" ", 2)
            places.append(Place(name, postcode, department, int(weight)))
    return places


def _invented() -> list[Place]:
    """Some 230 communes that exist nowhere, each with a postcode of its department."""
    rng = random.Random("communes")  # noqa: S311
    codes = {code: [p.postcode for p in REAL if p.department == code][2:] for code in GRAMMAR}
    found = [Place("Saint-Aubrac-en-Trièves", "38710", "38")]
    for saint in _SAINTS:
        for department in rng.sample(sorted(GRAMMAR), 5):
            name = f"Saint-{saint}-{rng.choice(GRAMMAR[department][2])}"
            name = f"Sainte-{name[6:]}" if saint.endswith(("e", "é")) else name
            found.append(Place(name, rng.choice(codes[department]), department))
    for stem in _STEMS:
        department = rng.choice(sorted(GRAMMAR))
        found.append(Place(stem, rng.choice(codes[department]), department))
    return found


REAL = _real()
CUMULATED = list(accumulate(place.weight for place in REAL))
INVENTED = _invented()
_HOMES = {place.commune: place for place in [*reversed(REAL), *INVENTED]}

# Invented stretches of country, for what groups several communes.
LANDS = phrases("""
Pays de Montaubrac | Val de Combelaine | Monts de Chantevielle | Plateau de Noirevaux
Rives de Vernoulette | Hautes Terres de Malvernay | Vallée de la Cuminière | Portes de Clairaval
Pays d’Entreroches | Balcons de Grandrivaz | Source de l’Orcivaz | Coteaux de Beauvernet
Gorges de Valcombe | Plaine de Champlaurier | Cœur de Sauvebelle | Bassin de Treizemines
Entre Dore et Fayards | Lacs et Roche-Ferrande | Terres de Mirandelle | Pays de Courmandin
""")

STREETS = phrases("""
rue de la République | avenue Jean-Jaurès | place du Marché | chemin des Vignes | rue des Écoles
rue Victor-Hugo | boulevard Gambetta | rue du Moulin | impasse des Lilas | rue Pasteur
avenue de la Gare | rue du Onze-Novembre | montée du Château | rue des Tanneurs
quai de la Pêcherie | rue du Vieux-Pont | place Aristide-Briand | chemin des Écoliers
cours de la Libération | rue Marie-Curie | allée des Tilleuls | route de Lyon | rue du Faubourg
place de l’Église | rue Louise-Michel | rue Jules-Ferry | chemin du Lavoir | rue des Canuts
rue des Alpes | avenue du Vercors | rue du Forez | rue des Frères-Lumière | place Carnot
rue de l’Industrie | rue Paul-Bert | avenue Lacassagne | rue des Jardins | chemin de la Croix
rue Simone-Veil | rue de la Fontaine | boulevard de la Paix | rue des Acacias | rue Neuve
""")

# What a local radio may be called.
NICKNAMES = phrases("""
Combe-Noire | Belle-Étoile | Trois-Clochers | Grand-Vent | Pierre-Levée | Clair-Matin | Les Balmes
Entre-deux-Monts | La Ronceraie | Vallée Haute | Les Crêtes | Source Vive | Pont-Vieux | Bel-Air
Quatre-Chemins | Haut-Plateau | La Lauze | Fontaine-aux-Ânes | Roche-Plate | Le Torrent | Garrigane
Mont-Sorbier | Les Airelles | Terre-Neuve | Val-d’En-Bas
""")


def home(commune: str) -> Place:
    """The place of that name."""
    return _HOMES[commune]
