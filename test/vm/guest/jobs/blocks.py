"""The sizes of block that a span may be read in: 20 to 160 octets, 2.5 to 20 ms."""
from machine import run, test

SECONDS = 4


def with_blocks(m, octets):
    m.stop_all()
    m.use(octets)
    m.start()
    return m.clean_calls(5, SECONDS)


@test("blocks-20")
def blocks_20(m):
    return with_blocks(m, 20)


@test("blocks-40")
def blocks_40(m):
    return with_blocks(m, 40)


@test("blocks-80")
def blocks_80(m):
    return with_blocks(m, 80)


@test("blocks-160")
def blocks_160(m):
    return with_blocks(m, 160)


run(start=lambda m: None)
