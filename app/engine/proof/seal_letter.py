"""What the mail with a seal says, in Chinese and in English."""

from __future__ import annotations

from app import clock
from app.engine.chain_models import Seal

#: why the mail goes out → as the subject says it
_CAUSES = {
    "daily": ("", ""),
    "ended": ("，活动 {campaign} 结束", ", campaign {campaign} has ended"),
    "asked": ("，审计员要求", ", as asked for"),
}

_BODY = """\
这封邮件是倒排系统的一次封印：它给到此为止的全部记录盖上了印。请保存这封邮件。
只要它还在，谁也不能不留痕迹地改动这之前的记录，连系统的管理者也不能。

    编号      第 {number} 号
    时间      {at}（北京时间）
    记录      {records} 条，{chains} 条链
    根        {root}
    封印值    {hash}
    签名      {signature}
    公钥      {key}

怎样核对
1. 把附件 seals.jsonl 存到装有本系统的电脑上，运行
       python3 run.py verify --anchor seals.jsonl
   没有改动时显示“在核验范围内、以第 n 号封印为准，没有改动”和几条限定；否则指出最早的一处改动。
2. 纸质文书上印有“记录封印：第 n 号”和封印值的前 32 位；编号相同的，应与这里一致。
3. 每封这样的邮件里，公钥应当相同。不同的，请向安全管理员问明原因。

----------------------------------------------------------------------

This mail is a seal of the system Daopai: it covers all records up to its time. Please keep it.
As long as it exists, nobody, not even who runs the system, can change these records unnoticed.

    number      {number}
    time        {at} (Asia/Shanghai)
    records     {records}, in {chains} chains
    root        {root}
    hash        {hash}
    signature   {signature}
    public key  {key}

How to check
1. Save the attachment seals.jsonl on a computer with the system and run
       python3 run.py verify --anchor seals.jsonl
   It says that nothing it looked at has been altered, and names its limits; or names the first record that was changed.
2. Documents on paper carry the number of a seal (记录封印) and the first 32 signs of its hash. For the same
   number they must be those above.
3. The public key is the same in every such mail. If it differs, ask the security administrator why.
"""


def written(seal: Seal, cause: str, campaign: int) -> tuple[str, str]:
    """Subject and body. Nothing in them comes from a person: numbers, hashes and times only."""
    chinese, english = (text.format(campaign=campaign) for text in _CAUSES[cause])
    body = _BODY.format(
        number=seal.number,
        at=f"{clock.local(seal.at):%Y-%m-%d %H:%M:%S}",
        records=f"{seal.records:,}",
        chains=f"{seal.chains:,}",
        root=seal.root,
        hash=seal.hash,
        signature=seal.signature,
        key=seal.public_key,
    )
    return f"[倒排] 第 {seal.number} 号封印{chinese} (Daopai seal {seal.number}{english})", body
