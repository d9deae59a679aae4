"""Beatline: a localized gunshot detection in, ringing phones of the nearest patrol units out."""
