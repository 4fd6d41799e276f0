"""Filters for Russian text, loaded in every template."""

from django import template

register = template.Library()
