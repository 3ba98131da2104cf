"""Accounts, roles and acts on personal data. See ``sentences``."""

from __future__ import annotations

TEXTS = {
    "account.created": ("新建账号", "新建账号 {username}（{name}）", "Account created", "created the account {username} ({name})"),
    "account.opened": ("启用账号", "启用账号 {username}", "Account opened", "opened the account {username}"),
    "account.closed": ("停用账号", "停用账号 {username}", "Account closed", "closed the account {username}"),
    "account.locked": (
        "账号锁定",
        "账号 {username} 因多次登录失败锁定至 {until_s}",
        "Account locked",
        "the account {username} was locked until {until_s} after failed sign-ins",
    ),
    "account.unlocked": ("解除锁定", "解除账号 {username} 的锁定", "Account unlocked", "unlocked the account {username}"),
    "account.signed_in": ("登录", "从 {origin} 登录", "Signed in", "signed in from {origin}"),
    "account.sign_in_failed": (
        "登录失败",
        "从 {origin} 以 {username} 登录失败",
        "Sign-in failed",
        "failed to sign in as {username} from {origin}",
    ),
    "account.signed_out": ("退出登录", "退出登录", "Signed out", "signed out"),
    "account.session_revoked": ("结束他人登录", "结束 {username} 的登录", "Session ended", "ended a session of {username}"),
    "account.password_changed": ("修改密码", "修改账号 {username} 的密码", "Password changed", "changed the password of {username}"),
    "account.second_factor_set": (
        "启用第二重验证",
        "为 {username} 启用第二重验证",
        "Second factor set",
        "set up a second factor for {username}",
    ),
    "account.second_factor_removed": (
        "取消第二重验证",
        "取消 {username} 的第二重验证",
        "Second factor removed",
        "removed the second factor of {username}",
    ),
    "account.token_made": (
        "生成接口密钥",
        "为 {username} 生成接口密钥 {label}",
        "API token made",
        "made an API token {label} for {username}",
    ),
    "account.token_revoked": (
        "作废接口密钥",
        "作废 {username} 的接口密钥 {label}",
        "API token revoked",
        "revoked the API token {label} of {username}",
    ),
    "role.assigned": (
        "授予角色",
        "授予 {username_name} 角色“{role_name}”{scope_s}",
        "Role assigned",
        "gave {username_name} the role “{role_name}”{scope_s}",
    ),
    "role.withdrawn": (
        "收回角色",
        "收回 {username_name} 的角色“{role_name}”{scope_s}",
        "Role withdrawn",
        "withdrew the role “{role_name}”{scope_s} from {username_name}",
    ),
    "substitution.made": (
        "设定代理",
        "设定 {substitute_name} 自 {from_s} 至 {until_s} 代理 {absent_name}{because}",
        "Substitution made",
        "let {substitute_name} stand in for {absent_name} from {from_s} to {until_s}{because}",
    ),
    "substitution.ended": (
        "结束代理",
        "结束 {substitute_name} 对 {absent_name} 的代理",
        "Substitution ended",
        "ended the substitution of {absent_name} by {substitute_name}",
    ),
    "personal.unmasked": (
        "查看个人信息",
        "查看{about_s}的个人信息（{what}），理由：{reason}",
        "Personal data shown",
        "looked at personal data ({what}){of_about}; reason: {reason}",
    ),
    "records.sealed": ("封印", "封印记录（第 {seal_number} 号）", "Records sealed", "sealed the records (seal {seal_number})"),
    "anchor.exported": ("导出锚定文件", "导出锚定文件（{seals} 个封印）", "Anchor exported", "took the anchor file ({seals} seals)"),
    "record.proved": ("导出记录证明", "导出记录 {record} 的证明", "Record proved", "took the proof of the record {record}"),
    "verification.started": ("开始核验", "开始核验 {records} 条记录", "Verification started", "began to verify {records} records"),
    "verification.ended": ("核验结束", "核验结束：{result}", "Verification ended", "the verification ended: {result}"),
    "export.requested": (
        "申请导出",
        "申请导出 {rows} 行（{format}）{because}",
        "Export asked for",
        "asked to export {rows} rows ({format}){because}",
    ),
    "export.confirmed": (
        "批准导出",
        "批准 {requested_by} 导出 {rows} 行（{format}）",
        "Export confirmed",
        "confirmed the export of {rows} rows ({format}) by {requested_by}",
    ),
    "export.rejected": (
        "驳回导出",
        "驳回 {requested_by} 导出 {rows} 行（{format}）的申请",
        "Export rejected",
        "rejected the export of {rows} rows ({format}) by {requested_by}",
    ),
    "export.made": ("导出", "导出 {rows} 行（{format}）", "Exported", "exported {rows} rows ({format})"),
}
