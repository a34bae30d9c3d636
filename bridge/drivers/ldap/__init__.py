"""An LDAP directory that is asked for people."""

from bridge.drivers.ldap.directory import LdapDirectory

__all__ = ["LdapDirectory"]
