"""How the peoples of Vietnam are named: family and clan names, markers of sex, middle and given names.

Kinh names come from the lists under `data/` (origin in each row). What is said of the other peoples is public
knowledge of the shape of their names; the shares are orders of magnitude, written down in the data sheet
and meant to be corrected. No list holds the name of a person: names are put together by chance.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bench.linkage.population.arrays import Bag

KINH = "01"
MALE, FEMALE = 0, 1
_DATA = Path(__file__).with_name("data")


@dataclass(frozen=True, slots=True)
class Custom:
    """How one people names its children. Pairs stand for (male, female).

    `families`: family or clan names by region of the country (north, central, south), None without any.
    `middles`, `givens`: what stands before and what is the given name; `school`: given names taken over
    from the Kinh, borne by the share `schooled` of the young. `markers`: the word before the name that
    tells the sex; `marked`: the share of people who have it and then no family name (1 where there are no
    family names; with `clan_last` the marker stands beside the clan name). `clan_last`: the clan name
    follows. `patronymic`: share of sons whose name begins with the end of their father's;
    `matrilineal`: children bear the mother's clan name.
    `new_year`: share of birth dates that were registered as 1 January. `children`: mean number per family.
    """

    code: str
    families: tuple[Bag, Bag, Bag] | None
    middles: tuple[Bag, Bag]
    givens: tuple[Bag, Bag]
    markers: tuple[str, str] | None = None
    marked: float = 0.0
    clan_last: bool = False
    patronymic: float = 0.0
    matrilineal: bool = False
    schooled: float = 0.0
    new_year: float = 0.02
    children: float = 2.6


def custom(code: str) -> Custom:
    """The custom of a people by its code; of one that is not described, that of its neighbours the Kinh."""
    return _customs().get(code, _customs()[KINH])


@cache
def kinh_givens() -> tuple[Bag, Bag]:
    """Given names of the Kinh, which many young people of other peoples bear too."""
    return _kinh_bag("M", "given"), _kinh_bag("F", "given")


def described() -> tuple[str, ...]:
    """The codes of the peoples with a custom of their own."""
    return tuple(_customs())


def _rows(name: str) -> Iterator[Mapping[str, str]]:
    with (_DATA / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


@cache
def _kinh_bag(sex: str, role: str) -> Bag:
    sexes = {sex, "U"}
    return Bag.of(
        {
            row["name"]: float(row["weight"])
            for row in _rows("kinh_names")
            if row["role"] == role and row["sex"] in sexes
        }
    )


@cache
def _kinh_families(region: str) -> Bag:
    return Bag.of(
        {row["name"]: float(row["weight"]) for row in _rows("kinh_families") if row["region"] == region}
    )


def _same(written: str) -> tuple[Bag, Bag, Bag]:
    bag = Bag.read(written)
    return bag, bag, bag


def _pair(male: str, female: str) -> tuple[Bag, Bag]:
    return Bag.read(male), Bag.read(female)


_VAN_THI = ("Văn:70 -:8 Minh:4 Đức:4 Quang:3 Xuân:3 Trung:3 Mạnh:3", "Thị:82 -:4 Thu:4 Ngọc:4 Hồng:3 Minh:2")
_TAI_MEN = "Pâng Ón Hặc Chung Sơi Inh Pánh Phóng Tưởng Kẻo Ánh Diện Xôm Thoan Nọi Oai Tiên Chựa Lả Ún Phanh"
_TAI_MEN += " Phương Hoan Thân Tọ Liến Chỉnh Pản Hiêng Pành Khặn Bun Khăm Hính Uấn Muôn Nhọt Xương"
_TAI_WOMEN = "Lả Pâng Ín Ơn Inh Thiên Ương Pản Dượng Eng Ót Un Xoan Phiến Hiêng Lún Panh Muôn Ngoan Thời Ánh"
_TAI_WOMEN += " Bánh Chiêm Diên Hặc Phóng Yêu Nọi Phượng Cương Xiên Bun Pin Ỏn Hom Hịa Piếng"
_MONG_MEN = "Páo Chu Sình Dơ Lử Phử Tủa Chính Của Vàng Nhè Sang Thành Dế Hồ Lềnh Súa Tính Chứ Lầu Dình Sùng"
_MONG_MEN += (
    " Nủ Dê Giống Phổng Lồng Thào Páng Khua Say Tùng Vư Sử Cở Minh Chỉnh Thái Dủa Ninh Tráng Giàng Lâu"
)
_MONG_MEN += " Nếnh Vừ Pó Phình Ký Tú Su Dùa Chá Chống Hử Xà Tếnh Ph'lềnh Lía Cha Hờ"
_MONG_WOMEN = (
    "Mỷ Dở Say Chu Sua Dợ Vang Pà Mai Chư Ca Xua Máy Sú Dí Chúa Pàng Ly Blia Mao Nu Xay Già Sông Lia"
)
_MONG_WOMEN += " Mảy Chứ Cở Dua Bầu Dính Sây Ghênh Vá Phua Mo Sai Lỳ Cha Dê Chía Mỵ Súng Sáng Tông Mị Da"
_DAO_MEN = "Mản Sang Lở Tả Sinh Phin Chiêu Sì Chẳn Quẩy Siệu Pú Phủ Chòi Kiêm Mìn Diểu Chìn Vảng Sài Hin Nhàn"
_DAO_MEN += " Lụa Chiệp Phấu San Chín Vần Tiến Phú Tình Dảo Guyển Sểnh Coi Chản Cồng Phẩu"
_DAO_WOMEN = "Mẩy:42 Pham:4 Nhị:3 Liều:2 Diện:2 Chẩn:2 Coi:2 Lai:2 Dất:1 Phan:1 Sểnh:1 San:1 Mản:1 Dào:1"
_DAO_WOMEN += " Hoa:1 Lan:1 Mai:1"
_HA_NHI_MEN = (
    "Chừ Hừ Xá Che Go Xè Lòng Pó Hà Xa Gia Lé Phạ Sơn Xì Cà Nu Chứ Ché Hù Lù Po Giá Đa Suy Xừ Phu Khò"
)
_HA_NHI_WOMEN = "Chừ Xó Be Nu Pớ Mé De Xú Na Nhù Pe Go Lé Phí Mơ Xa Do Chu Né Bơ Sú Nuy Hừ Mì Pi Chà"
_NORTH_SMALL_MEN = (
    "Dồn Chính Sơn Ún Pan Niên Xương Hặc Pắt Xum Ngơi Phương Keo Pâng Sơi Bun Lả Ín Ngọ Sinh Ngoi Văn"
)
_NORTH_SMALL_WOMEN = (
    "Ín Pản Hoa Yêu Phương Eng Thương Bun Đôi Lai Un Mẩn Chom Ương Phiến Nhình Sạ Phăng Mai Ỏn Sen"
)
_HIGHLAND_MEN = (
    "Thái Nhơn Khôi Brông Thuận Dũng Hùng Đức Minh Tuấn Ngọc Thiện Lợi Nam Sơn Hiếu Đạt Kha Bảo Lâm"
)
_HIGHLAND_MEN += (
    " Thông Vinh Blưng Hnam Tưn Thoan Đeo Phiên Bay Tiu Hơn Bơn Lên Đê Plưn Ghen Byưng Nheo Chưk Kim Đen"
)
_HIGHLAND_MEN += (
    " Tun Khun Gyin Thưng Hyưh Nhin Jưng Lanh Mưh Đưng Pơn Bro Dơn Tép Tham Loih Klem Blot Hlong Thút Ngao"
)
_HIGHLAND_MEN += " Rin Đih Bốt Duy Huy Phúc Tài Quý Khánh Thắng Long Trung Sang Thiên Hải"
_HIGHLAND_WOMEN = (
    "Nhung Hạnh Liên Thảo Vân Lan Mai Thủy Hương Blưi Hem Ngân Sương Phương Thanh Hoa Nga Uyên Nhi Thúy"
)
_HIGHLAND_WOMEN += (
    " Bích Đem Brel Thuyên Hiền Loan Xuân Duyên Hà Hằng Byut Yơng Khênh Blơng Đơi Nhơi Plơi Nghin Hnhơn Rên"
)
_HIGHLAND_WOMEN += (
    " Prươn Mưih Nhao Chinh Djưng Blin Len Brang Hrem Rơng Tiên Bưp Drang Gyưn Kưn Ngũ Săm Biên Ghêu Nhưng"
)
_HIGHLAND_WOMEN += " My Trinh Ly Quyên Kiều Diễm Thư Trâm Yến"
_JRAI_MEN = "Thin Hyil Bluk Thuin Nhơi Khim Phong Tuấn Thưk Djuan Blơi Alip Hluin Kim Lơm Nhâm"
_JRAI_MEN += " Tuin Blet Khuih Wih Ngưn Bưn Hân Suin Chuan Phiên Duy Minh Luyn Jin Đuin Ksuh Hmơi Rơi Yun"
_JRAI_WOMEN = (
    "H'Nhi H'Loan H'Bích H'Mai H'Ngân H'Yên H'Thảo H'Duyên H'Blan H'Nhung H'Linh H'Ly H'Hiền H'Lan H'Trinh"
)
_JRAI_WOMEN += " H'Uyên H'Hoa H'Sương H'Kim H'Nga H'Plunh H'Byưng H'Juin H'Đôn H'Wen H'Biên"
_NO_MIDDLE = ("-:1", "-:1")
_SOME_MIDDLE = (
    "-:74 Văn:4 Minh:3 Ngọc:3 Quốc:2 Đức:2 Thanh:2 Hoàng:2 Xuân:2",
    "-:70 Thị:6 Ngọc:5 Thu:3 Thanh:3 Kim:3 Hồng:2 Mỹ:2",
)
_KHMER_FAMILIES = "Thạch:22 Sơn:14 Kim:14 Danh:14 Lâm:8 Kiên:6 Châu:6 Lý:5 Thị:3 Chau:3 Néang:3"


def _sinic(
    code: str, families: str, givens: tuple[str, str], new_year: float, schooled: float, children: float
) -> Custom:
    """A people of the north that writes family, Văn or Thị, given name."""
    return Custom(
        code,
        _same(families),
        _pair(*_VAN_THI),
        _pair(*givens),
        schooled=schooled,
        new_year=new_year,
        children=children,
    )


def _marked(code: str, new_year: float, schooled: float) -> Custom:
    """A people of Kon Tum without family names: A for men, Y for women."""
    return Custom(
        code,
        None,
        _pair(*_SOME_MIDDLE),
        _pair(_HIGHLAND_MEN, _HIGHLAND_WOMEN),
        markers=("A", "Y"),
        marked=1.0,
        schooled=schooled,
        new_year=new_year,
        children=3.2,
    )


_TAI = (_TAI_MEN, _TAI_WOMEN)
_NORTH_SMALL = (_NORTH_SMALL_MEN, _NORTH_SMALL_WOMEN)


@cache
def _customs() -> Mapping[str, Custom]:
    men, women = kinh_givens()
    kinh = Custom(
        KINH,
        (_kinh_families("north"), _kinh_families("central"), _kinh_families("south")),
        (_kinh_bag("M", "middle"), _kinh_bag("F", "middle")),
        (men, women),
        new_year=0.004,
        children=2.0,
    )
    thai = (
        "Lò:25 Lường:12 Vàng:8 Hoàng:7 Quàng:7 Cà:6 Tòng:6 Lù:6 Điêu:4 Vì:4 Nùng:3 Tao:3 Mào:3 Khoàng:2 Kha:2"
    )
    mong = "Giàng:18 Vàng:17 Sùng:13 Lý:9 Thào:9 Hảng:6 Má:5 Cứ:5 Chang:4 Mùa:4 Vừ:3 Hầu:3 Ly:2 Tráng:2"
    dao = "Tẩn:24 Phàn:18 Chẻo:15 Lý:11 Lò:7 Tản:5 Bàn:5 Đặng:4 Triệu:4 Phùng:4 Vàng:3"
    ha_nhi = "Lỳ:22 Pờ:18 Chu:12 Sừng:11 Vù:10 Khoàng:9 Phùng:7 Toán:6 Giàng:5"
    jrai = "Rơ_Châm:16 Siu:14 Rơ_Mah:13 Kpă:12 Ksor:11 Rah_Lan:10 Puih:9 Kpuih:8 Nay:7"
    peoples = (
        kinh,
        _sinic(
            "02",
            "Hoàng:16 Nông:15 Lý:9 Nguyễn:9 Hà:7 Ma:7 Lương:6 Bế:5 Đàm:5 Vi:4 Dương:4",
            _TAI,
            0.01,
            0.8,
            2.2,
        ),
        _sinic("03", thai, _TAI, 0.02, 0.45, 2.6),
        _sinic(
            "05",
            _KHMER_FAMILIES,
            (
                "Sóc Ny Phal Thươl Rương Sa Vuông Phước Đa Kha Hên Sol Rinh",
                "Sa_Rây Thi Đa Rane Hoanh Sóc_Kha Sa_Mon Diệu Thươl",
            ),
            0.05,
            0.5,
            2.4,
        ),
        _sinic(
            "06",
            "Bùi:34 Đinh:16 Quách:9 Hà:9 Phạm:8 Nguyễn:8 Trương:6 Cao:4 Bạch:3 Xa:3",
            _TAI,
            0.01,
            0.8,
            2.2,
        ),
        _sinic(
            "07", "Nông:20 Hoàng:16 Lý:9 Lương:8 Vi:8 Triệu:7 Lâm:6 Chu:5 Mông:4 Sầm:4", _TAI, 0.01, 0.8, 2.3
        ),
        Custom(
            "08",
            _same(mong),
            _pair("A:64 Seo:12 -:10 Văn:7 Chứ:3 Gà:2 Nhìa:2", "Thị:74 -:10 Seo:5 Lao:4 A:3 Mai:2 Chù:2"),
            _pair(_MONG_MEN, _MONG_WOMEN),
            schooled=0.15,
            new_year=0.10,
            children=3.8,
        ),
        Custom(
            "09",
            _same(dao),
            _pair(
                "Láo:24 A:20 Tả:12 Văn:10 Phủ:8 Sành:8 Vần:6 Chòi:4 Diều:4 San:4",
                "Tả:24 Lở:20 U:12 Sành:10 Mùi:8 San:8 Thị:8 Phạm:3 Mán:3",
            ),
            _pair(_DAO_MEN, _DAO_WOMEN),
            schooled=0.15,
            new_year=0.06,
            children=3.2,
        ),
        Custom(
            "10",
            _same(jrai),
            _pair(*_NO_MIDDLE),
            _pair(_JRAI_MEN, _JRAI_WOMEN),
            markers=("A", "Y"),
            marked=0.4,
            matrilineal=True,
            schooled=0.2,
            new_year=0.07,
            children=3.4,
        ),
        Custom(
            "12",
            _same("Niê:30 Mlô:12 Ayun:10 Êban:9 Byă:9 Hmŏk:8 Kbuôr:8 Kđoh:7 Ktla:7"),
            _pair(*_NO_MIDDLE),
            _pair("Thin Blô Wên Phi Ngun Bhiăo Krông Thuyên Duy Sen Bling Nam Khen Tuyn", _JRAI_WOMEN),
            markers=("Y", ""),
            clan_last=True,
            matrilineal=True,
            schooled=0.1,
            new_year=0.05,
            children=3.0,
        ),
        _marked("13", 0.06, 0.35),
        _marked("14", 0.08, 0.30),
        Custom(
            "17",
            _same("Đàng:14 Thành:10 Quảng:10 Báo:8 Não:7 Thiên:7 Hán:6 Lưu:6 Bá:6 Kiều:6 Trượng:5 Đạo:5"),
            _pair(*_VAN_THI),
            (men, women),
            new_year=0.02,
            children=2.5,
        ),
        _sinic(
            "19",
            "Đinh:55 Phạm:45",
            (
                "Biên Trôi Rế Tý Đua Néo Xanh Vút Rin Đéo Trem Ghít Thiên",
                "Đéo Diễm Rế Xuân Nga Vút Trem Lan Lể Ghin",
            ),
            0.06,
            0.4,
            3.0,
        ),
        _sinic(
            "25",
            "Lù:20 Vàng:16 Lục:12 Nông:9 Hoàng:9 Phan:8 Lò:8 Lý:6 Sần:5 Vù:4 Chảo:3",
            _NORTH_SMALL,
            0.02,
            0.5,
            2.6,
        ),
        _marked("27", 0.07, 0.30),
        _sinic("29", "Lò:30 Quàng:20 Cút:16 Lường:14 Tòng:10 Moong:10", _NORTH_SMALL, 0.06, 0.3, 3.2),
        _sinic("33", "Lò:40 Quàng:25 Cà:15 Lường:12 Hoàng:8", _NORTH_SMALL, 0.06, 0.3, 3.0),
        Custom(
            "35",
            _same(ha_nhi),
            _pair(
                "Xè:10 Gạ:10 Pó:10 Phu:8 Khò:8 Gò:8 Văn:10 Go:6 -:30",
                "Go:14 Mỳ:12 Gó:10 Xó:10 Mì:10 Thị:14 -:30",
            ),
            _pair(_HA_NHI_MEN, _HA_NHI_WOMEN),
            patronymic=0.4,
            schooled=0.15,
            new_year=0.08,
            children=3.2,
        ),
        _sinic("37", "Lò:40 Vi:15 Lường:14 Vàng:11 Hoàng:10 Tòng:10", _NORTH_SMALL, 0.03, 0.4, 2.6),
        Custom(
            "41",
            _same("Vàng:22 Pờ:20 Ly:18 Giàng:15 Phản:13 Lỳ:12"),
            _pair("Xè:10 Gạ:8 Phu:6 Lò:6 Và:8 Ló:8 Văn:6 -:48", "Go:10 Mỳ:8 Lò:8 Mí:8 Và:6 Thị:12 -:48"),
            _pair(_HA_NHI_MEN, _HA_NHI_WOMEN),
            schooled=0.1,
            new_year=0.22,
            children=3.6,
        ),
        _sinic("42", "Lò:28 Vàng:22 Tao:18 Khoàng:8 Lý:8 Tòng:6 Pờ:5 Sìn:5", _NORTH_SMALL, 0.04, 0.35, 2.8),
        _sinic(
            "45",
            "Lò:24 Chìn:20 Lùng:20 Tào:18 Pàn:18",
            ("Sơn Chính Pó Dơ Ún Phương Ngơi Seo Khoi Văn", "Pó Ín Me Dơ Ương Phăng Sen Nhình Mé"),
            0.18,
            0.2,
            3.6,
        ),
        _sinic("48", "Lò:36 Chang:24 Ly:14 Lùng:14 Hù:12", _NORTH_SMALL, 0.10, 0.3, 3.0),
        _sinic("50", "Hù:40 Pờ:30 Lỳ:16 Giàng:14", (_HA_NHI_MEN, _HA_NHI_WOMEN), 0.12, 0.3, 3.0),
        Custom(
            "52",
            None,
            _pair(*_NO_MIDDLE),
            _pair(
                "La Pa Lợi Dua Nghem Đa Mưi Phin Thao Bươm Kân Bông Khem",
                "Du Dua Pát Lim Nga Mưi Sê Thoi Pan Ngheo Lê Biêng",
            ),
            markers=("Thao", "Nàng"),
            marked=1.0,
            schooled=0.15,
            new_year=0.15,
            children=3.2,
        ),
        _marked("54", 0.12, 0.25),
    )
    return {people.code: people for people in peoples}
