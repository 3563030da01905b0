"""Accounts (账号): who may sign in, as what, with which secret, and what they have open.

The server's own shell does the same (`liandong user`, `liandong client`), for the first of them.
"""

from hub.operations.capability import Capability

CAPABILITY = Capability(
    acts=(
        "account.added",
        "account.changed",
        "account.secretReset",
        "account.signedOut",
        "session.revoked",
    ),
    codes={
        "LOGIN_TAKEN": ("登录名已存在", "Choose another login."),
        "OWN_ACCOUNT": (
            "不能停用自己或改变自己的角色",
            "Another administrator has to do this: so one is always left.",
        ),
        "CLIENT_REVOKED": (
            "应用已吊销",
            "A partner application that was revoked stays so: add it under another name.",
        ),
        "ACCOUNT_OFF": ("账号已停用", "Let the account in again first."),
        "SESSION_ENDED": ("会话已结束", "It has ended already."),
    },
)
