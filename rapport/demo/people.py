"""Names and places for customers who do not exist. Streets are real kinds of names; nobody's address is meant."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Country:
    """Where customers live.

    :param share: weight among the customers in Europe.
    :param given: given names, separated by spaces.
    :param family: family names, separated by ``|``.
    :param streets: with ``{n}`` for the number.
    :param places: (postcode, city).
    """

    code: str
    share: float
    zone: ZoneInfo
    given: str
    family: str
    streets: tuple[str, ...]
    places: tuple[tuple[str, str], ...]


_BERLIN = ZoneInfo("Europe/Berlin")
SHANGHAI = ZoneInfo("Asia/Shanghai")

COUNTRIES = (
    Country(
        "DE", 0.34, _BERLIN,
        "Anna Lena Julia Sophie Katharina Marie Lisa Franziska Johanna Greta Jonas Felix Paul Max Tobias Moritz Stefan "
        "Niklas Andreas Jakob",
        "Müller|Schmidt|Schneider|Fischer|Weber|Wagner|Becker|Hoffmann|Schäfer|Koch|Bauer|Richter|Klein|Wolf|Schröder|"
        "Neumann|Zimmermann|Krüger|Hartmann|Lange",
        ("Lindenstraße {n}", "Bahnhofstraße {n}", "Gartenweg {n}", "Schillerstraße {n}", "Am Mühlbach {n}",
         "Karl-Heine-Straße {n}"),
        (("04109", "Leipzig"), ("10115", "Berlin"), ("20095", "Hamburg"), ("80331", "München"), ("50667", "Köln"),
         ("01067", "Dresden"), ("70173", "Stuttgart"), ("60311", "Frankfurt am Main")),
    ),
    Country(
        "GB", 0.22, ZoneInfo("Europe/London"),
        "Olivia Amelia Grace Emily Charlotte Hannah Lucy Eleanor Alice Megan Oliver Harry George James William Thomas "
        "Daniel Samuel Edward Callum",
        "Smith|Jones|Taylor|Brown|Williams|Wilson|Johnson|Davies|Patel|Wright|Walker|Thompson|Evans|Roberts|Hughes|"
        "Clarke|Bennett|Cooper|Murray|Campbell",
        ("{n} Church Lane", "{n} Victoria Road", "{n} Station Road", "{n} Mill Street", "{n} Orchard Close",
         "{n} Park Avenue"),
        (("BS1 4DJ", "Bristol"), ("M1 2WD", "Manchester"), ("LS1 4AP", "Leeds"), ("EH1 1YZ", "Edinburgh"),
         ("N1 9GU", "London"), ("CF10 1EP", "Cardiff"), ("NR2 1AB", "Norwich")),
    ),
    Country(
        "NL", 0.12, ZoneInfo("Europe/Amsterdam"),
        "Sanne Lotte Fleur Emma Anouk Femke Iris Daan Sem Bram Lars Thijs Joost Ruben",
        "de Jong|Jansen|de Vries|van den Berg|Bakker|Visser|Smit|Meijer|de Boer|Mulder|Bos|Vos|Hendriks|Dekker",
        ("Dorpsstraat {n}", "Molenweg {n}", "Prinsengracht {n}", "Kerkstraat {n}", "Julianalaan {n}"),
        (("1012 JS", "Amsterdam"), ("3511 LN", "Utrecht"), ("3011 AD", "Rotterdam"), ("9712 HN", "Groningen"),
         ("6211 CZ", "Maastricht")),
    ),
    Country(
        "FR", 0.09, ZoneInfo("Europe/Paris"),
        "Camille Léa Manon Chloé Inès Juliette Hugo Louis Nathan Antoine Théo Mathieu",
        "Martin|Bernard|Dubois|Durand|Moreau|Laurent|Lefèvre|Girard|Rousseau|Fontaine|Mercier|Blanc",
        ("{n} rue de la République", "{n} rue des Lilas", "{n} avenue Jean Jaurès", "{n} place du Marché"),
        (("75011", "Paris"), ("69002", "Lyon"), ("33000", "Bordeaux"), ("44000", "Nantes"), ("67000", "Strasbourg")),
    ),
    Country(
        "AT", 0.06, ZoneInfo("Europe/Vienna"),
        "Magdalena Valentina Theresa Elisabeth Barbara Florian Lukas Matthias Georg Simon",
        "Gruber|Huber|Steiner|Moser|Mayer|Hofer|Pichler|Leitner|Eder|Fuchs",
        ("Hauptstraße {n}", "Mozartgasse {n}", "Wiener Straße {n}", "Am Anger {n}"),
        (("1070", "Wien"), ("8010", "Graz"), ("5020", "Salzburg"), ("4020", "Linz")),
    ),
    Country(
        "IE", 0.05, ZoneInfo("Europe/Dublin"),
        "Aoife Ciara Niamh Saoirse Róisín Conor Seán Oisín Cian Patrick",
        "Murphy|Kelly|O'Sullivan|Walsh|O'Brien|Byrne|Ryan|O'Connor|Doyle|Gallagher",
        ("{n} Main Street", "{n} Harbour Road", "{n} Grattan Terrace", "{n} Quay Street"),
        (("D02 X285", "Dublin"), ("T12 W8KP", "Cork"), ("H91 E9YF", "Galway")),
    ),
    Country(
        "SE", 0.04, ZoneInfo("Europe/Stockholm"),
        "Elsa Astrid Maja Linnea Ebba Erik Oskar Axel Nils Gustav",
        "Andersson|Johansson|Karlsson|Nilsson|Eriksson|Lindberg|Lundqvist|Bergström",
        ("Storgatan {n}", "Kungsgatan {n}", "Skolvägen {n}"),
        (("111 22", "Stockholm"), ("411 06", "Göteborg"), ("211 20", "Malmö")),
    ),
    Country(
        "IT", 0.04, ZoneInfo("Europe/Rome"),
        "Giulia Chiara Francesca Martina Elena Marco Luca Matteo Davide Andrea",
        "Rossi|Ferrari|Esposito|Bianchi|Romano|Colombo|Ricci|Marino|Greco|Conti",
        ("Via Garibaldi {n}", "Via Roma {n}", "Corso Italia {n}"),
        (("20121", "Milano"), ("40121", "Bologna"), ("50122", "Firenze"), ("10121", "Torino")),
    ),
    Country(
        "PL", 0.04, ZoneInfo("Europe/Warsaw"),
        "Zofia Hanna Maja Agnieszka Magda Jakub Antoni Piotr Tomasz Michał",
        "Nowak|Wójcik|Kamińska|Zielińska|Mazur|Krawczyk|Wróbel|Dudek|Pawlak|Sikora",
        ("ul. Lipowa {n}", "ul. Ogrodowa {n}", "ul. Szkolna {n}"),
        (("00-950", "Warszawa"), ("30-001", "Kraków"), ("50-001", "Wrocław")),
    ),
)  # fmt: skip

# Family and given names with their spelling in Latin letters, for e-mail addresses.
CHINESE_FAMILY = (
    "王wang 李li 张zhang 刘liu 陈chen 杨yang 黄huang 赵zhao 吴wu 周zhou 徐xu 孙sun "
    "马ma 朱zhu 胡hu 郭guo 何he 林lin 高gao 罗luo 郑zheng 梁liang 谢xie 宋song "
    "唐tang 许xu 韩han 冯feng 邓deng 曹cao 彭peng 曾zeng 萧xiao 田tian 董dong 袁yuan"
)
CHINESE_GIVEN = (
    "伟wei 娜na 静jing 敏min 丽li 强qiang 磊lei 洋yang "
    "艳yan 勇yong 杰jie 涛tao 超chao 雪xue 秀英xiuying 晓明xiaoming "
    "嘉怡jiayi 子涵zihan 雨桐yutong 思远siyuan 浩然haoran 欣怡xinyi 佳琪jiaqi 梓萱zixuan "
    "俊杰junjie 文静wenjing 海燕haiyan 婷婷tingting 志强zhiqiang 诗涵shihan 宇轩yuxuan 晨曦chenxi "
    "若曦ruoxi 明哲mingzhe 雅婷yating 慧敏huimin 天宇tianyu 春梅chunmei 国栋guodong 心怡xinyi"
)
CHINESE_PLACES = (
    ("上海市", "上海市", "徐汇区", "200030"),
    ("上海市", "上海市", "浦东新区", "200120"),
    ("北京市", "北京市", "朝阳区", "100020"),
    ("北京市", "北京市", "海淀区", "100080"),
    ("广东省", "广州市", "天河区", "510620"),
    ("广东省", "深圳市", "南山区", "518052"),
    ("浙江省", "杭州市", "西湖区", "310012"),
    ("江苏省", "南京市", "鼓楼区", "210008"),
    ("江苏省", "苏州市", "姑苏区", "215005"),
    ("四川省", "成都市", "武侯区", "610041"),
    ("湖北省", "武汉市", "洪山区", "430070"),
    ("陕西省", "西安市", "雁塔区", "710061"),
    ("山东省", "青岛市", "市南区", "266071"),
)
CHINESE_STREETS = ("人民路", "中山路", "建设路", "解放路", "文化路", "和平路", "学院路", "长江路", "桂花巷", "湖滨路")

CARRIERS = {"GB": ("ParcelLine", "PL"), "CN": ("Silkway Express", "SW")}
CARRIERS_ELSEWHERE = (("Linden Post", "LP"), ("ParcelLine", "PL"))
EMAIL_DOMAINS = ("example.com", "example.net", "mail.example", "post.example")
