from .audit import AuditEvent
from .notice import NoticeAction, SecurityNotice
from .user import RulesAcceptance, User, UserSession

__all__ = ["AuditEvent", "NoticeAction", "RulesAcceptance", "SecurityNotice", "User", "UserSession"]
