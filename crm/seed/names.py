"""First names and family names of the people one meets in a French regional network."""

from dataclasses import dataclass

from crm.seed.listed import words


@dataclass(frozen=True)
class Origin:
    """A family of names: women's and men's first names, family names, how often it is met."""

    weight: int
    women: tuple[str, ...]
    men: tuple[str, ...]
    families: tuple[str, ...]


def _origin(weight: int, women: str, men: str, families: str) -> Origin:
    return Origin(
        weight,
        tuple(women.split()),
        tuple(men.split()),
        tuple(" ".join(families.split()).split(", ")),
    )


ORIGINS = [
    _origin(
        66,
        """Marie Anne Catherine Françoise Isabelle Nathalie Sylvie Martine Christine Monique
        Véronique Brigitte Nicole Sophie Valérie Sandrine Céline Stéphanie Virginie Émilie Julie
        Camille Claire Laure Hélène Cécile Agnès Élisabeth Bénédicte Geneviève Odile Colette
        Danielle Chantal Michèle Annie Jacqueline Josiane Mireille Béatrice Florence Pascale
        Corinne Laurence Karine Delphine Aurélie Élodie Marion Pauline Mathilde Chloé Manon Léa
        Lucie Clara Juliette Alice Charlotte Margaux Noémie Justine Amandine Marine Anaïs Clémence
        Solène Héloïse Louise Jeanne Zoé Lola Inès Éléonore Adèle Blandine Mélanie Audrey Séverine
        Estelle Sabine Régine Solange Suzanne Simone Yvette Ginette Paulette Marcelle Lise Maud
        Perrine Coralie Gaëlle Maëlle Nolwenn Ségolène Capucine Apolline Marie-Claude Anne-Marie
        Marie-Christine Anne-Laure Marie-Hélène Anne-Sophie Marie-Pierre Edwige Nadine Roselyne""",
        """Jean Pierre Michel Philippe Alain Bernard Christian Daniel Gérard Patrick Jacques André
        François Laurent Éric Thierry Pascal Bruno Frédéric Olivier Stéphane Christophe Nicolas
        David Sébastien Julien Guillaume Vincent Thomas Antoine Alexandre Maxime Romain Benjamin
        Mathieu Florian Clément Hugo Lucas Théo Louis Paul Simon Quentin Arnaud Cédric Fabien
        Jérôme Ludovic Mickaël Yannick Yves Hervé Didier Denis Dominique Gilles Serge Roland
        Raymond René Roger Robert Marcel Maurice Henri Claude Georges Guy Joël Marc Régis Rémi
        Rémy Étienne Émile Armand Xavier Luc Tanguy Gaël Loïc Erwan Baptiste Bastien Adrien
        Gabriel Raphaël Samuel Martin Jules Victor Arthur Émilien Gaspard Timothée Corentin
        Jean-Pierre Jean-Claude Jean-Luc Jean-Paul Jean-Marc Jean-François Pierre-Yves Aymeric
        Benoît Fabrice Franck Emmanuel Grégory Damien Tristan Noé Valentin Dorian Kévin""",
        """Martin, Bernard, Dubois, Thomas, Robert, Richard, Petit, Durand, Leroy, Moreau, Simon,
        Laurent, Lefebvre, Michel, Garcia, Bertrand, Roux, Vincent, Fournier, Morel, Girard, André,
        Mercier, Dupont, Lambert, Bonnet, François, Martinez, Legrand, Garnier, Faure, Rousseau,
        Blanc, Guérin, Muller, Henry, Roussel, Nicolas, Perrin, Morin, Mathieu, Clément, Gauthier,
        Dumont, Chevalier, Robin, Masson, Boyer, Denis, Marchand, Noël, Meyer, Dufour, Blanchard,
        Brun, Barbier, Colin, Renaud, Aubert, Rivière, Brunet, Giraud, Arnaud, Rolland, Joly,
        Vidal, Roche, Picard, Renard, Gaillard, Philippe, Leclerc, Lacroix, Roy, Charpentier,
        Bourgeois, Perrot, Chapuis, Vial, Berthet, Ferrand, Chambon, Chassagne, Faucher, Fayolle,
        Thévenet, Thévenon, Peyron, Bouchet, Bouvier, Jacquet, Guichard, Guillot, Poncet, Ponson,
        Rambaud, Revol, Reynaud, Reynier, Chaix, Champion, Chevallier, Coste, Crozet, Cuzin,
        Delorme, Desbois, Descombes, Drevet, Durieux, Favier, Favre, Forest, Gagnaire, Galland,
        Genthon, Gerbier, Gonin, Gros, Jourdan, Lafont, Lagrange, Magnin, Maillet, Marmonier,
        Mazet, Meunier, Michallet, Million, Mollard, Montagnon, Novel, Orcel, Pagès, Paquet,
        Pellet, Périer, Peyrard, Pichon, Pinel, Pitiot, Planche, Rey, Rigaud, Rochas, Rostaing,
        Sabatier, Serre, Servant, Sibille, Souchon, Tardy, Tissot, Tournier, Vallet, Veyret,
        Vernay, Veyrat, Vigne, Villard, Vuillermoz, Berger, Besson, Blachon, Boissy, Bonnard,
        Borel, Bost, Bourdin, Brunel, Burdin, Carron, Cellier, Chabert, Chapelle, Charvet,
        Chatelain, Chavanne, Combe, Cottin, Courbon, Dussert, Escoffier, Fabre, Ferrier""",
    ),
    _origin(
        12,
        """Aminata Fatoumata Mariam Awa Aïssata Kadiatou Fanta Oumou Ramatoulaye Aïcha Adama Astou
        Ndeye Khady Rokhaya Bintou Salimata Djénéba Assetou Hawa Maïmouna Coumba Penda Sokhna
        Alimata Rasmata Edwige Félicité Clarisse Rosine Estelle Akouvi Afi Essi Adjoa Solange""",
        """Mamadou Amadou Ibrahima Moussa Ousmane Abdoulaye Oumar Souleymane Boubacar Cheikh Modou
        Ibrahim Issa Seydou Bakary Lassana Sékou Adama Yaya Drissa Idrissa Salif Alassane Babacar
        Malick Pape Demba Samba Hamidou Kossi Komlan Kodjo Théophile Désiré Célestin Barthélemy""",
        """Diallo, Traoré, Coulibaly, Keïta, Diarra, Konaté, Koné, Cissé, Touré, Sissoko, Dembélé,
        Sidibé, Sangaré, Doumbia, Camara, Barry, Bah, Sow, Ba, Ndiaye, Diop, Fall, Faye, Gueye,
        Sarr, Seck, Mbaye, Thiam, Sy, Kane, Niang, Diouf, Sène, Ouédraogo, Sawadogo, Compaoré,
        Kaboré, Zongo, Ilboudo, Nikiéma, Tapsoba, Yaméogo, Kafando, Adjovi, Houngbédji, Dossou,
        Agbodjan, Amegan, Lawson, Mensah, Kouassi, Kouadio, Yao, Koffi, Bamba, Nguema, Mbarga,
        Essomba, Fotso, Kamga, Tchoua, Mballa, Nkoulou, Mukendi, Ilunga""",
    ),
    _origin(
        9,
        """Fatima Nadia Samira Karima Leïla Malika Yasmina Naïma Souad Hanane Salima Farida Houria
        Latifa Myriam Sarah Amel Imane Sabrina Khadija Zohra Rachida Djamila Nora Sonia Meryem""",
        """Mohamed Ahmed Karim Rachid Mourad Saïd Nabil Samir Hakim Farid Kamel Youssef Mehdi Ali
        Abdelkader Omar Khalid Hassan Hocine Djamel Nordine Sofiane Bilal Tarek Walid Anis""",
        """Benali, Haddad, Mansouri, Belkacem, Bouazza, Cherif, Hamdi, Khelifi, Saïdi, Zerrouki,
        Brahimi, Amrani, Bensaïd, Bouzid, Djebbar, El Amrani, El Idrissi, Ferhat, Ghezali, Hamidi,
        Idir, Kaddour, Lahlou, Mebarki, Meziane, Ouali, Rahmani, Slimani, Tahar, Yahiaoui, Ziani,
        Trabelsi, Jaziri, Gharbi, Ayari, Mejri, Alaoui, Berrada, Tazi, Bennani""",
    ),
    _origin(
        5,
        """Maria Ana Teresa Laura Elena Carla Giulia Paola Rosa Carmen Lucia Inès Silvia Marta""",
        """José Manuel Antonio Carlos Paolo Marco Luis Miguel Fernando Angelo Mario Roberto""",
        """Da Silva, Ferreira, Pereira, Rodrigues, Dos Santos, Oliveira, Gomes, Lopes, Fernandes,
        Rossi, Russo, Ferrari, Romano, Ricci, Marino, Greco, Sanchez, Lopez, Perez, Gonzalez,
        Ruiz, Navarro, Torres, Ortega, Moreno, Almeida, Carvalho, Pinto, Teixeira, Bianchi""",
    ),
    _origin(
        2,
        """Anahit Anouche Sona Araxie Nariné Séda Chouchane Lusine Hasmik Siranouche""",
        """Aram Vahé Hagop Garo Tigran Vartan Krikor Armen Stépan Levon""",
        """Agopian, Bédrossian, Davidian, Garabédian, Hagopian, Kazandjian, Kevorkian, Manoukian,
        Nalbandian, Papazian, Sarkissian, Tchakérian, Torossian, Vartanian, Zakarian""",
    ),
    _origin(
        2,
        """Linh Thi-Mai Lan Hoa Thu Kim Sopheap Chanthou Bopha Minh-Anh""",
        """Minh Tuan Hung Duc Long Phong Sokha Vuthy Quang Bao""",
        """Nguyen, Tran, Le, Pham, Hoang, Phan, Vu, Dang, Bui, Ly, Sok, Chea, Keo, Phetsarath""",
    ),
    _origin(
        2,
        """Voahirana Lalao Hanta Fanja Mialy Vololona Nirina Noro Haingo""",
        """Hery Andry Tahina Naina Rado Solofo Haja Mamy Tojo""",
        """Rakoto, Rabe, Randria, Rasoanaivo, Ramanantsoa, Razafindrakoto, Rajaona, Rakotomalala,
        Andriamanana, Ravelojaona, Rabemanana""",
    ),
    _origin(
        2,
        """Elena Ioana Mihaela Agnieszka Ewa Katarzyna Elif Ayşe Zeynep Oksana Irina""",
        """Andrei Mihai Radu Piotr Tomasz Marek Mehmet Emre Murat Oleksandr Ivan""",
        """Popescu, Ionescu, Munteanu, Kowalski, Nowak, Wisniewski, Yilmaz, Kaya, Demir, Aydin,
        Shevchenko, Kovalenko, Dumitru, Lewandowski""",
    ),
]

# People whose names are given to schools, foundations and prizes of the demonstration.
HONOURED = words("""
Jeanne-Barret-Vialle Marguerite-Chassaing Antoine-Vermorelle Louise-Pradier Émile-Sabaton
Henriette-Courbière Pauline-Monteyrac Joseph-Fayardon Marthe-Vialle Simon-Descombards
Lucien-Garance Berthe-Rouvière-Noël Albertine-Maurizet Camille-Orcival Félix-Boissonade-Ruy
Germaine-Tavernot Hippolyte-Carrelage Claude-Ménardin Suzanne-Aubépin Victor-Lestrade-Mey
Odette-Balmier Rosalie-Fontvieille Achille-Grandmory Irène-Solignat Zélie-Brossard-Pic
Adrienne-Combaluzat Gustave-Peyrelade Honorine-Sauvageot Ferdinand-Malleval Léontine-Cassagnard
Augustin-Rochebel Clotilde-Verdelhan Prosper-Lachenal Mathilde-Aurillard Théodore-Champvert
Ernestine-Bardoux Jules-Montfaucard Philomène-Desgranges Barnabé-Courtial Eugénie-Tracol-Ney
""")
