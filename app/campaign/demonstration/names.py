"""Invented persons: names put together at random, identity numbers from an area code that does not exist.

GB/T 2260 gives the third and fourth digit 01–20 and 51–70 (cities), 21–50 (prefectures) or 90 (county-level places under a province).
99 is in none of these ranges, so 509999 never was and never will be anybody's area: a number that begins with it is nobody's.
"""

from __future__ import annotations

import random
from datetime import date, timedelta

from app.campaign import id_numbers

#: area code of every identity number in the demonstration; assigned to no place
AREA = "509999"

_SURNAMES = (
    "李王张刘陈杨黄赵周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛"
    "叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
_MALE = "伟强军勇杰涛明超刚平辉健建国华志海林波斌鹏飞龙德成兴福贵荣昌发春生金水根宝山义忠孝光正立朝东文武世永安全"
_FEMALE = "芳娟敏静丽艳娜霞燕玲桂英秀兰凤珍梅素琴云莲红春香玉翠月娥淑华惠菊巧美容仙彩琼碧会群书容清雪"


def person_name(rng: random.Random, sex: str, surname: str = "") -> str:
    """A name; ``sex`` is ``male`` or ``female``."""
    letters = _MALE if sex == "male" else _FEMALE
    given = "".join(rng.sample(letters, 2 if rng.random() < 0.78 else 1))
    return (surname or rng.choice(_SURNAMES)) + given


def born(rng: random.Random, today: date, age_from: int, age_to: int) -> date:
    """A birth date that makes the person *age_from* to *age_to* years old on *today*."""
    age = rng.randint(age_from, age_to)
    return date(today.year - age, 1, 1) - timedelta(days=rng.randint(0, 364)) + timedelta(days=(today - date(today.year, 1, 1)).days)


def id_number(rng: random.Random, birth: date, sex: str, taken: set[str]) -> str:
    """A valid number that nobody in *taken* has; it is added there."""
    while True:
        order = rng.randint(1, 499) * 2 + (1 if sex == "male" else 0)
        number = id_numbers.make(AREA, birth, order)
        if number not in taken:
            taken.add(number)
            return number


def phone(rng: random.Random) -> str:
    """A number in the form of a mobile number with a prefix that is not given out (the second digit is 0)."""
    return f"10{rng.randint(0, 9)}{rng.randint(10_000_000, 99_999_999)}"
