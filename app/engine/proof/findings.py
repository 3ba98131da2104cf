"""What a verification can find, and how it says so in Chinese and English."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was written."""

    code: str
    #: number of the chain; 0: not in a chain
    chain: int = 0
    #: place in the chain
    seq: int = 0
    #: key of the record, or of the row
    key: int = 0
    #: when it was recorded (UTC), as it stands there
    at: str = ""
    kind: str = ""
    #: what else the sentence needs
    detail: dict[str, Any] = field(default_factory=dict)

    def text(self, locale: str) -> str:
        """The finding as a sentence in ``zh`` or ``en``."""
        words = WORDS[self.code][1 if locale == "en" else 0]
        record = _RECORD[1 if locale == "en" else 0] if self.kind or self.at else _PLACE[1 if locale == "en" else 0]
        if "found" in self.detail:
            try:
                inner = Finding.from_json(self.detail["found"]).text(locale)
            except (KeyError, TypeError, ValueError):
                inner = "?"
            return words.format(inner=inner, at=self.at)
        parts = _PARTS.get(str(self.detail.get("what")), ("", ""))
        values = {
            "part": parts[1 if locale == "en" else 0],
            "chain": self.chain,
            "seq": self.seq,
            "key": self.key,
            "at": self.at,
            "kind": self.kind,
            **self.detail,
        }
        return words.format(record=record.format(**values), **values)

    def as_json(self) -> dict[str, Any]:
        """For the database: keys as text, so that no reader rounds them."""
        return {**asdict(self), "chain": str(self.chain), "key": str(self.key)}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Finding:
        return cls(**{**values, "chain": int(values["chain"]), "key": int(values["key"])})


#: parts of a verification, as ``unreadable`` calls them
_PARTS = {
    "chain": ("某条链", "A chain"),
    "chains": ("记录", "Records"),
    "content": ("表单或附件", "Forms or attachments"),
    "definition": ("流程定义", "Definitions"),
    "rows": ("业务表", "Tables"),
    "candidates": ("待办的候选人", "Candidates of tasks"),
    "erasure": ("清除情况", "What was erased"),
    "seal": ("封印", "Seals"),
    "files": ("文件清单", "The list of files"),
}

_RECORD = (
    "链 {chain} 的第 {seq} 条记录（编号 {key}，{kind}，记于 {at} UTC）",
    "record {seq} of chain {chain} (key {key}, {kind}, recorded {at} UTC)",
)
_PLACE = ("链 {chain} 的第 {seq} 条记录", "record {seq} of chain {chain}")

#: code → sentence in Chinese and English
WORDS: dict[str, tuple[str, str]] = {
    "archive_file": ("档案里的文件 {name} 与清单不符。", "The file {name} of the archive is not as its manifest says."),
    "archive_unsigned": (
        "档案的清单没有签名：漏掉的内容查不出来。",
        "The manifest of the archive is not signed: what was left out cannot be told.",
    ),
    "archive_signature": (
        "档案清单的签名不对，或者不是锚定文件里的密钥签的：清单被改动过。",
        "The signature of the archive's manifest is wrong, or not by a key of the anchor file: the manifest was altered.",
    ),
    "record_altered": ("{record}被改动过：内容与它的哈希不符。", "Altered: {record}. Its content does not fit its hash."),
    "hash_altered": (
        "{record}的哈希被改动过：它与前后记录接不上。",
        "Altered: the hash of {record}. It fits neither its content nor its neighbours.",
    ),
    "record_missing": (
        "缺少记录：链 {chain} 的第 {seq} 条到第 {until} 条不见了（下一条：编号 {key}，记于 {at} UTC）。",
        "Missing: records {seq} to {until} of chain {chain} (the next one there: key {key}, recorded {at} UTC).",
    ),
    "record_inserted": (
        "{record}是插进来的：这个位置在写入时不存在。",
        "Inserted: {record}. This place did not exist when the chain was written.",
    ),
    "record_reordered": (
        "{record}换了位置：它原是第 {original} 条。",
        "Reordered: {record}. It was written as number {original}.",
    ),
    "record_backdated": (
        "{record}写明的时间比它可能写入的时间早：它前面的记录或封印更晚，是事后以较早的时间补写的（本链共 {many} 条）。",
        "Backdated: {record} states an earlier time than it can have been written at: records or seals before it are later, so it was "
        "appended afterwards with an older time ({many} in this chain).",
    ),
    "chain_truncated": (
        "链 {chain} 的末尾被截断：应有 {length} 条记录，只剩 {seq} 条（最后一条：编号 {key}，记于 {at} UTC）。",
        "Truncated: chain {chain} should have {length} records, only {seq} are left (the last one: key {key}, recorded {at} UTC).",
    ),
    "chain_rewritten": (
        "链 {chain} 被整段重写：{record}与第 {seal} 号封印不符；改动始于第 {since} 条之后。",
        "Rewritten: chain {chain}. {record} does not fit seal {seal}; the change begins after record {since}.",
    ),
    "head_altered": (
        "链 {chain} 的链头被改动过：它说有 {length} 条记录，实有 {seq} 条，或者它的哈希不是最后一条的（编号 {key}，记于 {at} UTC）。",
        "Altered: the head of chain {chain}. It speaks of {length} records, there are {seq}, or its hash is not that of the last one "
        "(key {key}, recorded {at} UTC).",
    ),
    "chain_unknown": (
        "{record}所在的链没有归属：流程实例或链头的那一行不见了，或者链是伪造的。",
        "{record} is in a chain that nothing owns: the row of its instance or of its head is missing, or the chain is forged.",
    ),
    "chain_foreign": (
        "链 {chain} 名为“{name}”，其中却有 {actor} 的记录（{record}）。",
        "Chain {chain} is called “{name}”, but holds a record of {actor} ({record}).",
    ),
    "activity_altered": (
        "流程实例 {chain} 的活动 {key}（{element}）被改动过：与记录所写的“{column}”不符。",
        "Altered: activity {key} ({element}) of instance {chain}: “{column}” is not what the records say.",
    ),
    "activity_missing": (
        "流程实例 {chain} 的活动 {key}（{element}）不见了，记录里有它。",
        "Missing: activity {key} ({element}) of instance {chain}, which the records tell of.",
    ),
    "activity_inserted": (
        "流程实例 {chain} 的活动 {key}（{element}）是插进来的，没有记录提到它。",
        "Inserted: activity {key} ({element}) of instance {chain}: no record tells of it.",
    ),
    "content_altered": (
        "{table} 表的 {key} 被改动过：内容与{record}中的摘要不符。",
        "Altered: {key} in table {table}. Its content does not fit the digest in {record}.",
    ),
    "content_missing": ("{table} 表的 {key} 不见了：{record}写明有它。", "Missing: {key} in table {table}, which {record} tells of."),
    "content_inserted": ("{table} 表的 {key} 是插进来的：没有记录提到它。", "Inserted: {key} in table {table}: no record tells of it."),
    "row_altered": (
        "{table} 表的 {row} 被改动过：它现在的内容不是记录所写的（最后写明它的记录：链 {chain} 第 {seq} 条，记于 {at} UTC）。",
        "Altered: {row} in table {table}. It is not what the records tell (the last one that tells of it: {seq} of chain {chain}, "
        "recorded {at} UTC).",
    ),
    "row_missing": (
        "{table} 表的 {row} 不见了：按记录它还在（最后写明它的记录：链 {chain} 第 {seq} 条，记于 {at} UTC）。",
        "Missing: {row} in table {table}, which is there by the records (the last one that tells of it: {seq} of chain {chain}, "
        "recorded {at} UTC).",
    ),
    "row_inserted": (
        "{table} 表的 {row} 是插进来的：按记录没有这一行。",
        "Inserted: {row} in table {table}. By the records there is no such row.",
    ),
    "candidate_inserted": (
        "待办 {key} 的候选人索引里多了“{value}”：任务本身没有写明他可以领办。",
        "Inserted: “{value}” in the index of candidates of task {key}; the task itself does not name it.",
    ),
    "candidate_missing": (
        "待办 {key} 的候选人索引里少了“{value}”：任务写明他可以领办，他却看不到。",
        "Missing: “{value}” in the index of candidates of task {key}; the task names it, but does not reach it.",
    ),
    "found_before": (
        "业务表在 {at} UTC 重新登记（升级或清除）之前就已与记录不符，此事永久在案：{inner}",
        "Before its tables were told anew at {at} UTC (upgrade or erasure) they did not fit the records, which stays on record for ever: "
        "{inner}",
    ),
    "erased_unordered": (
        "{record}的内容（{names}）被抹掉了，却没有两人批准的清除：没有人下令。",
        "Contents of {record} ({names}) were erased, and no erasure that two persons ordered says so.",
    ),
    "row_erased_unordered": (
        "{table} 表的 {row} 的“{column}”中有加密内容被抹掉了，却没有两人批准的清除。",
        "Encrypted contents of “{column}” of {row} in table {table} were erased, and no erasure that two persons ordered says so.",
    ),
    "erasure_forged": (
        "记录 {key} 说内容已清除，却没有一人申请、另一人批准的记录与它相符。",
        "Record {key} speaks of an erasure that nobody asked for and another person confirmed.",
    ),
    "steps_erased": (
        "记录 {key} 里写明改动的摘要被抹掉了，却没有抹除的记录。",
        "What record {key} told of changed rows was erased, and no record of an erasure says so.",
    ),
    "rows_untold": (
        "系统升级后还没有启动过，业务表还不能与记录对照：请先启动一次再核验。",
        "The system was upgraded and not started since, so its tables cannot be held against the records yet: start it once, then verify.",
    ),
    "definition_altered": (
        "定义 {id} 第 {version} 版被改动过：内容与部署记录的校验和不符。",
        "Altered: definition {id} version {version}. Its content does not fit the checksum in the record of its deployment.",
    ),
    "definition_missing": (
        "定义 {id} 第 {version} 版不见了，部署记录里有它。",
        "Missing: definition {id} version {version}, which the record of its deployment tells of.",
    ),
    "definition_inserted": (
        "定义 {id} 第 {version} 版是插进来的：没有部署记录提到它。",
        "Inserted: definition {id} version {version}: no record of a deployment tells of it.",
    ),
    "file_altered": ("附件 {key} 的文件被改动过或不见了。", "The file of attachment {key} was altered or is missing."),
    "document_altered": (
        "记录 {key} 生成的文书，留存的文件被改动过或不见了。",
        "The kept file of the document that record {key} tells of was altered or is missing.",
    ),
    "seal_altered": ("第 {number} 号封印被改动过（{at} UTC）。", "Altered: seal {number} ({at} UTC)."),
    "seal_signature": (
        "第 {number} 号封印的签名不对，或者不是本系统的密钥签的（{at} UTC）。",
        "The signature of seal {number} is wrong, or not by this installation's key ({at} UTC).",
    ),
    "seal_missing": ("缺少第 {number} 号封印。", "Missing: seal {number}."),
    "seal_leaves": (
        "第 {number} 号封印的链头清单被改动过：与它的根不符（{at} UTC）。",
        "Altered: the list of heads of seal {number}. It does not fit the root ({at} UTC).",
    ),
    "seals_truncated": (
        "封印被截断：锚定文件里有第 {number} 号（{at} UTC），数据库里没有。",
        "Truncated: the anchor file has seal {number} ({at} UTC), the database does not.",
    ),
    "anchor_unreadable": (
        "锚定文件 {name} 读不出来：它被改动过或损坏了。请用保存在别处的一份核验。",
        "The anchor file {name} cannot be read: it was altered or is damaged. Verify with a copy that was kept elsewhere.",
    ),
    "anchor_differs": (
        "第 {number} 号封印与锚定文件里的不同：数据库和锚定文件之一被改动过（{at} UTC）。",
        "Seal {number} is not the one in the anchor file: one of the two was altered ({at} UTC).",
    ),
    "unreadable": (
        "{part}读不出来（{error}）：数据库里有损坏或被改成别的类型的内容，这一部分没有核验完。",
        "{part} cannot be read ({error}): something in the database is damaged, or was given another type; this part is not verified.",
    ),
    # What a verification cannot say (``verdict``).
    "limit_no_seal": (
        "还没有封印：只能说明各条记录彼此相符。有人把全部记录重新写过一遍，核验是看不出来的。请先封印，并把锚定文件保存在别处。",
        "There is no seal: records fit each other, but whoever wrote all of them anew would not be found. Seal them, and keep the anchor "
        "file elsewhere.",
    ),
    "limit_unsealed": (
        "第 {number} 号封印之后的 {many} 条记录还没有封印：它们写明的时间和先后，没有封印作证。",
        "{many} records after seal {number} are not sealed yet: no seal proves their times and their order.",
    ),
    "limit_no_anchor": (
        "没有锚定文件：能改动数据库和密钥的人，可以把封印连同签名全部换掉。请把公钥 {public_key} 与邮件或纸质封印上的核对。",
        "There is no anchor file: who can change the database and the key can replace all seals with their signatures. Compare the public "
        "key {public_key} with that on the mails or on a printed seal.",
    ),
    "limit_own_anchor": (
        "所用的锚定文件就在本机：能改动本机的人，可以把它与密钥一并换掉。请用保存在别处的锚定文件再核验，"
        "或者把公钥 {public_key} 与邮件、纸质封印上的核对。",
        "The anchor file lies on this machine: who can change this machine can replace it together with the key. Verify with one that was "
        "kept elsewhere, or compare the public key {public_key} with that on the mails or on a printed seal.",
    ),
    "limit_anchor": (
        "所用的锚定文件是另外提供的，封印的公钥是 {public_key}：与邮件或纸质封印上的一致，才能排除锚定文件与密钥一并被换。",
        "The anchor file was given; the seals' public key is {public_key}. Only if it is that on the mails or on a printed seal were the "
        "anchor file and the key not replaced together.",
    ),
    "limit_beyond_anchor": (
        "锚定文件没有第 {number} 号等 {many} 个封印：这些封印没有另存的凭据。",
        "The anchor file does not have {many} of the seals, from number {number} on: nothing kept elsewhere vouches for them.",
    ),
    "limit_keys": (
        "封印先后用过 {many} 个公钥，从第 {number} 号起换了密钥：请核对更换密钥是否有据可查。",
        "The seals were signed with {many} keys; the key was changed at seal {number}: see whether that is accounted for.",
    ),
    "limit_own_key": (
        "本系统现在的密钥（公钥 {public_key}）不是最近一次封印所用的。",
        "This installation's key now (public key {public_key}) is not that of the newest seal.",
    ),
    "limit_earlier": (
        "{many} 条记录写明的业务时间比写入时间早一小时以上（第一条：编号 {key}）：封印只证明写入的时间，不证明业务时间。",
        "{many} records state a campaign time more than an hour before they were written (the first one: key {key}): seals prove when they "
        "were written, not that time.",
    ),
    "limit_backwards": (
        "{many} 条记录的业务时间早于同一条链上排在前面的记录（第一条：编号 {key}），可能是事后补记。",
        "{many} records state a campaign time before that of records that stand before them in the same chain (the first one: key {key}): "
        "they may have been added afterwards.",
    ),
    "limit_uncovered": (
        "草稿、登录状态、正在排队的即时作业等不在核验范围内，清单见“封印与核验”页。",
        "Drafts, sessions, jobs at hand and the like are not covered; the page of seals and verifications lists them.",
    ),
}
