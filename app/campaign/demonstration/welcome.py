"""What the console says about the demonstration's accounts."""

from __future__ import annotations

from app.campaign.demonstration.load import PASSWORD

#: user name → who it is, one for each kind of work; the user names are the same at every size
ACCOUNTS = (
    ("diaocha01", "调查员 investigator"),
    ("zhidao01", "指导员 instructor"),
    ("zuzhang01", "工作组组长、驻村领导 group leader, resident leader"),
    ("cungan01", "村干部、录入专人 village cadre, data entry"),
    ("shuji01", "村支部书记 village secretary"),
    ("duizhang01", "驻村工作队长 resident team captain"),
    ("fupinban01", "镇扶贫办 town office"),
    ("dangzheng01", "党政办 party office"),
    ("zhihui01", "指挥长 commander"),
    ("dangwei01", "镇党委主要负责人 principal (party)"),
    ("zhengfu01", "镇政府主要负责人 principal (government)"),
    ("choucha01", "抽查验收组 spot checker"),
    ("guanli01", "系统管理员 system administrator"),
    ("guanli02", "系统管理员，复核与发布 system administrator who releases what the other drew"),
    ("anquan01", "安全管理员 security administrator"),
    ("shenji01", "审计员 auditor"),
    ("shenji02", "审计员，批准另一位的导出 auditor who confirms what the other would export"),
)


def welcome() -> str:
    """Accounts and their password, as lines for the console."""
    lines = [f"演示账号，密码均为 / demonstration accounts, all with the password: {PASSWORD}"]
    lines += [f"  {username:<12} {who}" for username, who in ACCOUNTS]
    lines.append("  所有人员均为虚构 / all persons are invented")
    return "\n".join(lines)
