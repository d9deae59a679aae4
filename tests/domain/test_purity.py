"""The guard around this folder: its tests are quick and repeatable because they cannot reach out."""

import socket

import pytest


def test_no_socket_can_be_opened_here() -> None:
    with pytest.raises(RuntimeError, match="does no I/O"):
        socket.socket()
