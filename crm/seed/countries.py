"""Partner countries, how French speaks of them, and villages that exist on no map."""

from dataclasses import dataclass
from itertools import accumulate


@dataclass(frozen=True)
class Country:
    """A country: « le Mali », « au Mali », « du Mali », its people, some invented villages."""

    code: str
    name: str
    the: str
    at: str
    of: str
    people: str  # masculine plural: « Maliens »
    women: str  # feminine plural, as an adjective: « maliennes »
    weight: int
    villages: tuple[str, ...]


def _table() -> list[Country]:
    rows = [line.split(" | ") for line in _ROWS.strip().splitlines()]
    return [
        Country(code, name, the, at, of, people, women, int(weight), tuple(villages.split(", ")))
        for code, name, the, at, of, people, women, weight, villages in rows
    ]


_ROWS = """
SN | Sénégal | le Sénégal | au Sénégal | du Sénégal | Sénégalais | sénégalaises | 14 | Keur Samba Diop, Ndiarème, Thiankoye, Sinthiou Dialla, Darou Ndimbal, Médina Bafé, Koutangor, Saré Boukary, Ndiobène Peulh, Mbourwaye
ML | Mali | le Mali | au Mali | du Mali | Maliens | maliennes | 11 | Sanankoroni, Diassabougou, Founabougou, Kobokoro, Tiénéguébala, Markabou, Dialafara-Koro, Somankidila, Niarébougou
BF | Burkina Faso | le Burkina Faso | au Burkina Faso | du Burkina Faso | Burkinabè | burkinabè | 13 | Tangbiiga, Goundrélé, Zitenaaba, Poussoum, Yalgontenga, Barsalgué, Koumbilin, Lébdaogo, Nabmassa
BJ | Bénin | le Bénin | au Bénin | du Bénin | Béninois | béninoises | 8 | Agbokodji, Kpassagon, Tokpa-Domè, Sèhouélé, Gbèdonou, Tanwissi, Ouakéré
TG | Togo | le Togo | au Togo | du Togo | Togolais | togolaises | 7 | Agomévé, Kpélé-Adoto, Tchamdè, Yokéléa, Nadjondi, Kousoumé
MG | Madagascar | Madagascar | à Madagascar | de Madagascar | Malgaches | malgaches | 10 | Ambohitsara-Nord, Ankarinomby, Tsaramasolo, Mahavelobe, Antanifotsikely, Beravinara, Manjakasoa
HT | Haïti | Haïti | en Haïti | d’Haïti | Haïtiens | haïtiennes | 5 | Morne-Tapage, Savane-Lataniers, Bois-Caradeux, Source-Mapou, Dessources-Hautes
MA | Maroc | le Maroc | au Maroc | du Maroc | Marocains | marocaines | 6 | Aït Oumsal, Tizi n’Ifran, Douar Taghbalout, Imi n’Tagant, Ighrem Oussif
TN | Tunisie | la Tunisie | en Tunisie | de Tunisie | Tunisiens | tunisiennes | 4 | Henchir Zitoun, Oued Rommane, Sidi Belhassine, Aïn Jerida
AM | Arménie | l’Arménie | en Arménie | d’Arménie | Arméniens | arméniennes | 4 | Tsaghkavank, Nor Hovit, Aygedzorik, Karmirblur
VN | Vietnam | le Vietnam | au Vietnam | du Vietnam | Vietnamiens | vietnamiennes | 5 | Bản Nậm Hoa, Phú Lâm Hạ, Xuân Khê, Tân Hòa Đông
PS | Palestine | la Palestine | en Palestine | de Palestine | Palestiniens | palestiniennes | 4 | Beit Sahlan, Khirbet Louz, Deir Zaytoun, Wadi Karmel
RO | Roumanie | la Roumanie | en Roumanie | de Roumanie | Roumains | roumaines | 4 | Valea Lungeni, Dealu Florii, Poiana Cireșului, Satu Nouleni
CM | Cameroun | le Cameroun | au Cameroun | du Cameroun | Camerounais | camerounaises | 6 | Bafoutchop, Mbangoulé, Nkolafendi, Doukouré, Batchamgwé
GN | Guinée | la Guinée | en Guinée | de Guinée | Guinéens | guinéennes | 4 | Koumbalan, Sannoudji, Timbi Bourou, Gbérékoro
CI | Côte d’Ivoire | la Côte d’Ivoire | en Côte d’Ivoire | de Côte d’Ivoire | Ivoiriens | ivoiriennes | 4 | Yaokoffikro-Bas, Gnambolé, Assérékro, Kouassidougou
NE | Niger | le Niger | au Niger | du Niger | Nigériens | nigériennes | 3 | Gidan Karimou, Tchintaguet, Koira Kano, Saboualé
KM | Comores | les Comores | aux Comores | des Comores | Comoriens | comoriennes | 3 | Mbadjinoni, Dzahani-Mboudé, Itsandzéni
PE | Pérou | le Pérou | au Pérou | du Pérou | Péruviens | péruviennes | 2 | Ccorapata, Huayllamayo, Santa Elena del Valle
IN | Inde | l’Inde | en Inde | d’Inde | Indiens | indiennes | 3 | Periyakulam Nagar, Devapuri, Nallurpet
NP | Népal | le Népal | au Népal | du Népal | Népalais | népalaises | 3 | Chisapangri, Thulobesi, Dhaulagaun
KH | Cambodge | le Cambodge | au Cambodge | du Cambodge | Cambodgiens | cambodgiennes | 3 | Phum Svay Chek, Prek Trabeng, Kompong Rolous
LB | Liban | le Liban | au Liban | du Liban | Libanais | libanaises | 2 | Aïn el-Touffah, Deir Sanine, Kfar Nassim
CD | RD Congo | la RD Congo | en RD Congo | de RD Congo | Congolais | congolaises | 3 | Kimbanseke-Lac, Mulungwishi-Est, Bolomba-Rive
"""  # noqa: E501

COUNTRIES = _table()
CUMULATED = list(accumulate(country.weight for country in COUNTRIES))
