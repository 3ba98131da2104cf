"""The demonstration's town: villages, work groups and staff, at any size."""

from __future__ import annotations

import random
from dataclasses import dataclass

from app.campaign.demonstration.names import person_name, phone

_NAMES = ("柏树", "清泉", "石桥", "双龙", "云峰", "竹溪", "杨柳", "高岩", "梨园")
_SECOND = ("新", "上", "下", "东", "西", "南", "北", "大", "小")

#: Shashi's own size; larger demonstrations grow in proportion
HOUSEHOLDS = 650
VILLAGES = 9
GROUPS = 25


@dataclass(frozen=True, slots=True)
class VillageRecord:
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class GroupRecord:
    code: str
    name: str
    village: str


@dataclass(frozen=True, slots=True)
class StaffRecord:
    """A person with the roles held: ``(role, scope)``."""

    username: str
    name: str
    sex: str
    unit: str
    post: str
    phone: str
    roles: tuple[tuple[str, str], ...]
    work_group: str = ""
    villages: tuple[str, ...] = ()
    home_village: str = ""


@dataclass(frozen=True, slots=True)
class Town:
    villages: tuple[VillageRecord, ...]
    groups: tuple[GroupRecord, ...]
    staff: tuple[StaffRecord, ...]


def build(households: int, rng: random.Random) -> Town:
    """The town for this many households: 9 villages, 25 groups and 82 staff for 650, in proportion for more (never fewer)."""
    factor = max(1.0, households / HOUSEHOLDS)
    villages = tuple(VillageRecord(f"V{number:02d}", _village_name(number)) for number in range(1, round(VILLAGES * factor) + 1))
    groups = _groups(villages, round(GROUPS * factor))
    staff = _Staff(rng)
    staff.town()
    for village in villages:
        staff.village(village, [group for group in groups if group.village == village.code], rng)
    staff.second_eyes()
    return Town(villages, groups, tuple(staff.made))


def _village_name(number: int) -> str:
    turn, index = divmod(number - 1, len(_NAMES))
    kind = "社区" if index == len(_NAMES) - 1 else "村"
    if turn == 0:
        return _NAMES[index] + kind
    prefix = _SECOND[(turn - 1) % len(_SECOND)]
    block = (turn - 1) // len(_SECOND)
    return prefix + _NAMES[index] + (str(block + 1) if block else "") + kind


def _groups(villages: tuple[VillageRecord, ...], wanted: int) -> tuple[GroupRecord, ...]:
    made: list[GroupRecord] = []
    for index, village in enumerate(villages):
        until = wanted * (index + 1) // len(villages)
        for number, _ in enumerate(range(len(made), until), start=1):
            made.append(GroupRecord(f"G{len(made) + 1:02d}", f"{village.name}第{number}自查组", village.code))
    return tuple(made)


class _Staff:
    """Collects the people. User names are short and say what the person does: ``diaocha03``."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.made: list[StaffRecord] = []
        self.counts: dict[str, int] = {}

    def add(self, stem: str, unit: str, post: str, roles: list[tuple[str, str]], **more: object) -> StaffRecord:
        number = self.counts[stem] = self.counts.get(stem, 0) + 1
        sex = "male" if self.rng.random() < 0.6 else "female"
        record = StaffRecord(
            username=f"{stem}{number:02d}",
            name=person_name(self.rng, sex),
            sex=sex,
            unit=unit,
            post=post,
            phone=phone(self.rng),
            roles=tuple(roles),
            **more,  # type: ignore[arg-type]
        )
        self.made.append(record)
        return record

    def town(self) -> None:
        self.add("fupinban", "镇扶贫办", "主任", [("office", "")])
        self.add("fupinban", "镇扶贫办", "干部", [("office", "")])
        self.add("dangzheng", "党政办", "主任", [("party_office", "")])
        self.add("zhihui", "镇人民政府", "指挥长", [("commander", "")])
        self.add("dangwei", "镇党委", "书记", [("principal_party", "")])
        self.add("zhengfu", "镇人民政府", "镇长", [("principal_gov", "")])
        self.add("choucha", "普查小组", "组长", [("spot_checker", "")])
        self.add("choucha", "普查小组", "组员", [("spot_checker", "")])
        self.add("guanli", "信息中心", "系统管理员", [("admin", "")])
        self.add("anquan", "信息中心", "安全管理员", [("security_admin", "")])
        self.add("shenji", "纪委", "审计员", [("auditor", "")])

    def second_eyes(self) -> None:
        """Who releases what the first administrator drew, and who confirms what the first auditor would export.

        Last of all, so that everybody else keeps the name he has had.
        """
        self.add("guanli", "信息中心", "系统管理员（复核）", [("admin", "")])
        self.add("shenji", "纪委", "审计员（复核）", [("auditor", "")])

    def village(self, village: VillageRecord, groups: list[GroupRecord], rng: random.Random) -> None:
        """Secretary, cadre (keys in as well), captain, leader, instructor, and an investigator for each group."""
        code, unit, here = village.code, village.name, (village.code,)
        self.add("shuji", unit, "党支部书记", [("village_secretary", code)], villages=here, home_village=code)
        self.add("cungan", unit, "综合服务专干", [("village_cadre", code), ("data_entry", code)], villages=here, home_village=code)
        if self._captain_is_shared(village):
            previous = self.made[-1 - self._since("duizhang")]
            self.made[self.made.index(previous)] = _with_roles(previous, [("resident_captain", code)], code)
        else:
            self.add("duizhang", "驻村工作队", "队长", [("resident_captain", code)], villages=here)
        leads = [("group_leader", group.code) for group in groups]
        self.add("zuzhang", "镇人民政府", "驻村领导", [*leads, ("resident_leader", code)], villages=here, work_group=groups[0].code)
        instructs = [("instructor", group.code) for group in groups]
        self.add("zhidao", "县级帮扶单位", "指导员", list(instructs), villages=here, work_group=groups[0].code)
        for group in groups:
            home = code if rng.random() < 0.04 else ""
            roles = [("investigator", group.code)]
            self.add("diaocha", rng.choice(_UNITS), "调查员", roles, work_group=group.code, villages=here, home_village=home)

    def _captain_is_shared(self, village: VillageRecord) -> bool:
        # one resident team in nine serves two villages
        return int(village.code[1:]) % 9 == 0 and self.counts.get("duizhang", 0) > 0

    def _since(self, stem: str) -> int:
        return next(distance for distance, record in enumerate(reversed(self.made)) if record.username.startswith(stem))


_UNITS = ("镇农业服务中心", "镇财政所", "镇社保所", "镇文化站", "镇规建环保办", "沙市镇中心小学", "镇卫生院", "县级帮扶单位")


def _with_roles(record: StaffRecord, roles: list[tuple[str, str]], village: str) -> StaffRecord:
    return StaffRecord(
        record.username,
        record.name,
        record.sex,
        record.unit,
        record.post,
        record.phone,
        (*record.roles, *roles),
        record.work_group,
        (*record.villages, village),
        record.home_village,
    )
