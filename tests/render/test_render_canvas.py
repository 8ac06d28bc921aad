"""The picture on the GPU equals the frame, pixel by pixel, and nothing is uploaded twice."""

import numpy as np
import pytest
from vispy.gloo import gl

from loupe.errors import LoupeRenderError
from loupe.render.offscreen import Offscreen
from loupe.scene.frame import (
    SYMBOLS,
    Frame,
    FramePanel,
    Hatch,
    PxRect,
    RectsItem,
    RgbaTile,
    ScalarTile,
    SpritesItem,
)
from loupe.units import Rgba

BACKGROUND = Rgba(16, 19, 23)
GREY = np.stack([np.arange(256)] * 3 + [np.full(256, 255)], axis=1).astype(np.uint8)


@pytest.fixture(scope="module")
def screen():
    with Offscreen() as offscreen:
        yield offscreen


def frame_of(*items, rect=None, size=(200, 100)):
    rect = rect if rect is not None else PxRect(0, 0, *size)
    return Frame(size, BACKGROUND, (FramePanel("p", rect, tuple(items)),))


def tile_of(pixels, key, x0=0.0, y0=0.0, x1=None, y1=None):
    width, height = pixels.shape[:2]
    return RgbaTile(
        key,
        pixels,
        x0,
        x0 + width if x1 is None else x1,
        y0,
        y0 + height if y1 is None else y1,
    )


def noise(width, height, seed=0, alpha=None):
    """Premultiplied noise ``(W, H, 4)``."""
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, size=(width, height, 4)).astype(np.uint8)
    if alpha is not None:
        pixels[..., 3] = alpha
    pixels[..., :3] = (pixels[..., :3] * (pixels[..., 3:] / 255.0)).astype(np.uint8)
    return pixels


def over_background(pixels):
    """What a tile looks like on the screen, rows first, as floats."""
    flat = pixels.astype(float).transpose(1, 0, 2)
    return flat[..., :3] + np.array(BACKGROUND[:3]) * (1 - flat[..., 3:] / 255)


def test_an_empty_frame_is_its_background(screen):
    got = screen.render(Frame((30, 20), BACKGROUND, ()))
    assert got.shape == (20, 30, 4)
    assert (got == [16, 19, 23, 255]).all()


@pytest.mark.parametrize("start", [0, -37, 5, -1200])
def test_the_screen_equals_an_opaque_tile(screen, start):
    pixels = noise(2048, 90, seed=start + 2000, alpha=255)
    got = screen.render(frame_of(tile_of(pixels, ("opaque", start), x0=start, y0=3)))
    first = max(start, 0)
    shown = pixels[first - start : 200 - start].transpose(1, 0, 2)
    np.testing.assert_array_equal(got[3:93, first : first + shown.shape[1]], shown)
    assert (got[:3] == [16, 19, 23, 255]).all()


def test_translucent_tiles_lie_over_what_is_there(screen):
    pixels = noise(200, 100, seed=1)
    got = screen.render(frame_of(tile_of(pixels, "translucent")))
    assert np.abs(got[..., :3] - over_background(pixels)).max() <= 1
    assert (got[..., 3] == 255).all()


def test_a_stretched_tile_is_interpolated(screen):
    pixels = np.zeros((2, 100, 4), np.uint8)
    pixels[..., 3] = 255
    pixels[1, :, :3] = 200
    got = screen.render(frame_of(tile_of(pixels, "stretch", x0=0, x1=200)))
    row = got[50, :, 0].astype(int)
    assert row[:50].max() == 0
    assert row[150:].min() == 200
    assert (np.diff(row) >= 0).all()
    assert abs(row[100] - 100) <= 3


def test_panels_clip_their_items(screen):
    pixels = noise(200, 100, seed=2, alpha=255)
    rect = PxRect(40, 30, 50, 20)
    everything = np.array([[-100, -100, 500, 500]], np.float32)
    cover = RectsItem(everything, np.array([[1, 2, 3, 255]], np.uint8))
    sprite = SpritesItem(
        np.array([[0, 0]], np.float32), np.array([60], np.float32), np.array([1], np.uint8),
        np.array([[200, 0, 0, 255]], np.uint8),
    )  # fmt: skip
    got = screen.render(frame_of(tile_of(pixels, "clip", -10, -10), cover, sprite, rect=rect))
    inside = np.zeros((100, 200), bool)
    inside[30:50, 40:90] = True
    assert (got[~inside] == [16, 19, 23, 255]).all()
    assert (got[30:50, 40:70, :3] == [200, 0, 0]).all()
    assert (got[30:50, 72:90, :3] == [1, 2, 3]).all()


def test_a_panel_may_reach_over_the_canvas(screen):
    pixels = noise(100, 100, seed=3, alpha=255)
    got = screen.render(frame_of(tile_of(pixels, "beyond"), rect=PxRect(-20, 60, 100, 100)))
    np.testing.assert_array_equal(got[60:100, :80], pixels[20:, :40].transpose(1, 0, 2))


def scalar_of(values, key, vmin=0.0, vmax=1.0, lut=GREY, lut_key="grey", **place):
    width, rows = values.shape
    edges = {"x0": 0.0, "x1": float(width), "y0": 0.0, "y1": float(rows)} | place
    return ScalarTile(key, values, lut_key, lut, vmin, vmax, Rgba(255, 0, 0, 128), **edges)


def test_numbers_are_coloured_by_the_table(screen):
    rng = np.random.default_rng(4)
    values = rng.normal(size=(200, 20)).astype(np.float32)
    values[rng.random(values.shape) < 0.2] = np.nan
    values[5, 5], values[6, 6] = np.inf, -np.inf
    got = screen.render(frame_of(scalar_of(values, "scalar", -1.5, 2.0, y1=100.0)))
    part = np.clip((values + 1.5) / 3.5, 0, 1)
    want = np.nan_to_num(np.floor(part * 255 + 0.5)).T.repeat(5, axis=0)
    known = ~np.isnan(values).T.repeat(5, axis=0)
    assert np.abs(got[..., 0].astype(float) - want)[known].max() <= 1
    half = np.array([255, 0, 0]) * (128 / 255) + np.array(BACKGROUND[:3]) * (1 - 128 / 255)
    assert np.abs(got[~known][:, :3] - half).max() <= 1


def test_limits_change_without_an_upload(screen):
    values = np.linspace(0, 1, 200, dtype=np.float32)[:, None].repeat(3, axis=1)
    screen.render(frame_of(scalar_of(values, "ramp", y1=100.0)))
    before = screen.renderer.stats.uploads
    got = screen.render(frame_of(scalar_of(values, "ramp", 0.5, 1.0, y1=100.0)))
    assert screen.renderer.stats.uploads == before
    assert (got[50, :100, 0] == 0).all()
    assert got[50, 199, 0] == 255


def test_another_table_is_one_small_upload(screen):
    values = np.full((200, 3), 0.5, np.float32)
    screen.render(frame_of(scalar_of(values, "flat", y1=100.0)))
    before = screen.renderer.stats.uploads
    two = np.array([[0, 0, 90, 255], [80, 0, 0, 255]], np.uint8)
    got = screen.render(frame_of(scalar_of(values, "flat", lut=two, lut_key="two", y1=100.0)))
    assert screen.renderer.stats.uploads == before + 1
    assert got[50, 50, :3].tolist() == [80, 0, 0]


def test_the_first_row_is_at_the_top_and_rows_stay_sharp(screen):
    values = np.array([[0.0, 1.0]] * 2, np.float32)
    got = screen.render(frame_of(scalar_of(values, "rows", x1=200.0, y1=100.0)))
    assert (got[:50, :, 0] == 0).all()
    assert (got[50:, :, 0] == 255).all()


def test_equal_limits_show_the_first_colour(screen):
    values = np.full((200, 1), 3.0, np.float32)
    got = screen.render(frame_of(scalar_of(values, "flat limits", 3.0, 3.0, y1=100.0)))
    assert (got[..., :3] == 0).all()


def test_rectangles_fill_their_pixels(screen):
    item = RectsItem(
        np.array([[10, 20, 30, 40], [100, 0, 101, 100]], np.float32),
        np.array([[255, 255, 0, 255], [255, 255, 255, 128]], np.uint8),
    )
    got = screen.render(frame_of(item))
    lit = (got[..., :3] != list(BACKGROUND[:3])).any(axis=2)
    assert lit[20:40, 10:30].all()
    assert lit[:, 100].all()
    assert lit.sum() == 400 + 100
    want = 255 * 128 / 255 + np.array(BACKGROUND[:3]) * (127 / 255)
    assert np.abs(got[50, 100, :3] - want).max() <= 1


def test_dashes_run_from_the_panel_s_top(screen):
    item = RectsItem(
        np.array([[10, 3, 11, 80], [20, 0, 21, 80]], np.float32),
        np.full((2, 4), 255, np.uint8),
        np.array([[6, 3, 2, 3], [0, 0, 0, 0]], np.float32),
    )
    got = screen.render(frame_of(item, rect=PxRect(0, 7, 200, 90)))[7:97]
    lit = np.flatnonzero(got[:, 10, 0] == 255)
    assert lit.tolist() == [y for y in range(3, 80) if y % 14 < 6 or 9 <= y % 14 < 11]
    assert (got[:80, 20, 0] == 255).all()


def test_dashes_stay_where_they_are_while_their_panel_scrolls_out_at_the_top(screen):
    dash = np.array([[6, 3, 2, 3]], np.float32)

    def lit(cut):
        rects = np.array([[10, -cut, 11, 80 - cut]], np.float32)
        item = RectsItem(rects, np.full((1, 4), 255, np.uint8), dash)
        got = screen.render(frame_of(item, rect=PxRect(0, 7, 200, 90 - cut)))[7:]
        return np.flatnonzero(got[:, 10, 0] == 255)

    whole = lit(0)
    assert lit(5).tolist() == [y - 5 for y in whole if y >= 5]


def kept_by(code, pitch, width, x, y):
    """Which pixels a pattern keeps, as `Hatch` says it."""
    rising, falling = (x + y) % pitch < width, (x - y) % pitch < width
    upright, level = x % pitch < width, (y - pitch // 2) % pitch < width
    dots = level & (x % pitch < 2 * width)
    none = np.zeros(np.broadcast(x, y).shape, bool)
    pattern = (none, rising, falling, dots, rising | falling, level, upright, level | upright)
    return np.broadcast_to(pattern[code], none.shape)


@pytest.mark.parametrize("code", range(8))
@pytest.mark.parametrize(("pitch", "width"), [(5, 1), (10, 2), (7, 1)])
def test_hatches_leave_their_pattern(screen, code, pitch, width):
    shift, cut = -3, -11
    item = RectsItem(
        np.array([[10, 5, 90, 70], [120, 0, 125, 40]], np.float32),
        np.array([[200, 100, 0, 255], [0, 200, 0, 255]], np.uint8),
        hatch=Hatch(
            np.full(2, code, np.uint8), np.full(2, pitch, np.uint16), width, x=shift, y=cut
        ),
    )
    got = screen.render(frame_of(item, rect=PxRect(6, 4, 150, 90)))[4:94, 6:156, :3]
    y, x = np.mgrid[0:90, 0:150]
    want = np.empty((90, 150, 3), np.uint8)
    want[:] = BACKGROUND[:3]
    kept = kept_by(code, pitch, width, x - shift, y - cut)
    for (x0, y0, x1, y1), color in zip(item.rects.astype(int), item.colors, strict=True):
        inside = np.zeros((90, 150), bool)
        inside[y0:y1, x0:x1] = True
        want[inside & kept] = color[:3]
    np.testing.assert_array_equal(got, want)


def test_hatches_lie_between_what_is_under_and_over_them(screen):
    lines = RectsItem(
        np.array([[0, 0, 100, 50]], np.float32),
        np.array([[255, 255, 255, 255]], np.uint8),
        hatch=Hatch(np.array([5], np.uint8), np.array([10], np.uint16), 1),
    )
    under, over = rects_of(0, 0, 100, 50, (9, 0, 0, 255)), rects_of(40, 0, 100, 50, (0, 9, 0, 255))
    draws = screen.renderer.stats.draws
    panels = tuple(
        FramePanel(str(i), PxRect(0, 50 * i, 100, 50), (under, lines, over)) for i in range(2)
    )
    got = screen.render(Frame((200, 100), BACKGROUND, panels))
    assert screen.renderer.stats.draws == draws + 3, "one command a kind, whatever the panels"
    assert (got[[5, 15, 55], :40, :3] == 255).all()
    assert (got[6:14, :40, :3] == [9, 0, 0]).all()
    assert (got[:50, 40:100, :3] == [0, 9, 0]).all()


@pytest.mark.parametrize("filled", [True, False])
@pytest.mark.parametrize("symbol", range(len(SYMBOLS)))
def test_symbols_lie_on_their_points(screen, symbol, filled):
    item = SpritesItem(
        np.array([[50.5, 40.5]], np.float32), np.array([21], np.float32),
        np.array([symbol], np.uint8), np.full((1, 4), 255, np.uint8), filled,
    )  # fmt: skip
    got = screen.render(frame_of(item))[..., 0].astype(int)
    lit = got > 60
    rows, columns = np.flatnonzero(lit.any(axis=1)), np.flatnonzero(lit.any(axis=0))
    assert 29 <= rows[0] <= 33
    assert 48 <= rows[-1] <= 51
    assert columns[0] >= 39
    assert columns[-1] <= 61
    # Left and right are alike.
    np.testing.assert_array_equal(got[:, 40:50], got[:, 51:61][:, ::-1])
    name = SYMBOLS[symbol]
    if filled:
        assert lit[40, 50]
        area = {
            "o": 346, "s": 441, "t": 220, "d": 176, "+": 158, "x": 158, "star": 134, "|": 66,
        }[name]  # fmt: skip
        assert (got - 16)[got > 16].sum() / 239 == pytest.approx(area, rel=0.12)
    elif name in ("o", "s", "t", "d"):
        assert not lit[40, 50]


def test_nothing_is_uploaded_twice(screen):
    item = RectsItem(np.array([[0, 0, 5, 5]], np.float32), np.full((1, 4), 9, np.uint8))
    pixels = noise(300, 100, seed=6, alpha=255)
    screen.render(frame_of(tile_of(pixels, "pan"), item))
    stats = screen.renderer.stats
    uploads, buffers, draws = stats.uploads, stats.buffers, stats.draws
    for shift in range(1, 20):
        got = screen.render(frame_of(tile_of(pixels, "pan", x0=-shift), item))
        np.testing.assert_array_equal(got[50, 10:], pixels[shift + 10 : shift + 200, 50])
    assert stats.uploads == uploads
    assert stats.buffers == buffers
    assert stats.draws == draws + 19 * 2


def test_only_the_last_of_several_frames_is_uploaded(screen):
    before = screen.renderer.stats.uploads
    for number in range(5):
        pixels = noise(200, 100, seed=20 + number, alpha=255)
        screen.renderer.apply(frame_of(tile_of(pixels, ("skipped", number))))
    screen.render(frame_of(tile_of(pixels, ("skipped", 4))))
    assert screen.renderer.stats.uploads == before + 1


def test_textures_are_given_up_beyond_the_ceiling():
    with Offscreen() as offscreen:
        cache = offscreen.renderer._textures
        cache._max_bytes = 300_000
        stats = offscreen.renderer.stats
        for number in range(12):
            pixels = noise(200, 100, seed=number, alpha=255)
            got = offscreen.render(frame_of(tile_of(pixels, number)))
            np.testing.assert_array_equal(got, pixels.transpose(1, 0, 2))
            assert stats.texture_bytes <= 300_000 + pixels.nbytes, "besides the present frame"
        assert stats.evictions == 12 - stats.textures
        assert stats.textures == 3 + 1
        uploads = stats.uploads
        offscreen.render(frame_of(tile_of(noise(200, 100, seed=0, alpha=255), 0)))
        assert stats.uploads == uploads + 1


def test_textures_that_are_never_shown_again_are_given_up():
    with Offscreen() as offscreen:
        offscreen.renderer._textures._keep_frames = 10
        offscreen.render(frame_of(tile_of(noise(200, 100), "once")))
        for _ in range(12):
            offscreen.render(frame_of())
        assert offscreen.renderer.stats.textures == 0
        assert offscreen.renderer.stats.texture_bytes == 0


def test_a_large_frame_does_not_push_out_what_is_kept_beside_it():
    with Offscreen() as offscreen:
        offscreen.renderer._textures._max_bytes = 100_000
        small = tile_of(noise(100, 100), "small")
        offscreen.render(frame_of(small))
        offscreen.render(frame_of(tile_of(noise(400, 200), "large"), size=(400, 200)))
        uploads = offscreen.renderer.stats.uploads
        offscreen.render(frame_of(small))
        assert offscreen.renderer.stats.uploads == uploads


def test_too_large_pictures_are_refused(screen):
    pixels = np.zeros((2, 16385, 4), np.uint8)
    with pytest.raises(LoupeRenderError, match="2 x 16385 pixels is too large"):
        screen.render(frame_of(tile_of(pixels, "tall")))
    with pytest.raises(LoupeRenderError, match="20000 x 10 pixels is too large"):
        screen.render(Frame((20_000, 10), BACKGROUND, ()))
    # What was there before still draws.
    assert screen.render(Frame((4, 4), BACKGROUND, ())).shape == (4, 4, 4)


def test_what_this_driver_cannot_hold_leaves_the_rest_of_the_picture(screen, monkeypatch):
    real = gl.glGetParameter
    monkeypatch.setattr(
        gl, "glGetParameter", lambda name: 64 if name == gl.GL_MAX_TEXTURE_SIZE else real(name)
    )
    large, small = noise(100, 20, seed=1, alpha=255), noise(40, 20, seed=2, alpha=255)
    frame = frame_of(tile_of(large, "too large here"), tile_of(small, "small enough"))
    with pytest.raises(LoupeRenderError, match="more than 64"):
        screen.render(frame)
    width, height = frame.size
    got = screen.renderer.read_pixels(width, height)
    np.testing.assert_array_equal(got[:20, :40], small.transpose(1, 0, 2))


def test_a_comparison_of_pictures_can_fail(screen):
    pixels = noise(200, 100, seed=8, alpha=255)
    got = screen.render(frame_of(tile_of(pixels, "half", x0=0.5)))
    with pytest.raises(AssertionError):
        np.testing.assert_array_equal(got[:, 1:199], pixels[1:199].transpose(1, 0, 2))


def rects_of(x0, y0, x1, y1, color):
    return RectsItem(np.array([[x0, y0, x1, y1]], np.float32), np.array([color], np.uint8))


def test_rectangles_of_all_panels_are_one_draw(screen):
    red, green = (200, 0, 0, 255), (0, 200, 0, 255)
    panels = tuple(
        FramePanel(
            str(i),
            PxRect(10, 10 * i, 100, 9),
            (
                rects_of(-5, 0, 50, 20, red),
                rects_of(40, 2, 45, 4, green),
                tile_of(noise(20, 9, seed=i, alpha=255), ("row", i), x0=60),
                rects_of(70, 0, 75, 9, green),
            ),
        )
        for i in range(10)
    )
    draws = screen.renderer.stats.draws
    got = screen.render(Frame((200, 100), BACKGROUND, panels))
    assert screen.renderer.stats.draws == draws + 10 + 2
    for i in range(10):
        row = got[10 * i : 10 * i + 10, :, :3]
        assert (row[9] == BACKGROUND[:3]).all()
        assert (row[:9, :10] == BACKGROUND[:3]).all()
        assert (row[:9, 10:50] == red[:3]).all()
        assert (row[2:4, 50:55] == green[:3]).all()
        assert (row[:2, 50:60] == red[:3]).all()
        assert (row[:9, 80:85] == green[:3]).all()
        pixels = noise(20, 9, seed=i, alpha=255)[..., :3].transpose(1, 0, 2)
        np.testing.assert_array_equal(row[:9, 70:80], pixels[:, :10])


def test_panels_that_overlap_keep_their_order(screen):
    pixels = noise(50, 50, seed=30, alpha=255)
    under = FramePanel(
        "under",
        PxRect(0, 0, 100, 100),
        (tile_of(pixels, "under"), rects_of(0, 0, 30, 30, (9,) * 4)),
    )
    over = FramePanel("over", PxRect(10, 10, 20, 20), (rects_of(0, 0, 9, 9, (1, 2, 3, 255)),))
    got = screen.render(Frame((200, 100), BACKGROUND, (under, over)))
    assert (got[10:19, 10:19, :3] == [1, 2, 3]).all()
    got = screen.render(Frame((200, 100), BACKGROUND, (over, under)))
    assert (got[10:19, 10:19, :3] != [1, 2, 3]).any()


def test_one_changed_rectangle_is_one_new_buffer(screen):
    still, first = rects_of(0, 0, 5, 5, (1, 1, 1, 255)), rects_of(20, 0, 25, 5, (2, 2, 2, 255))
    screen.render(frame_of(still, first))
    buffers = screen.renderer.stats.buffers
    got = screen.render(frame_of(still, rects_of(60, 0, 65, 5, (2, 2, 2, 255))))
    assert screen.renderer.stats.buffers == buffers + 1
    assert (got[:5, 20:25, :3] == BACKGROUND[:3]).all()
    assert (got[:5, 60:65, :3] == 2).all()
    assert (got[:5, :5, :3] == 1).all()


def test_hundred_thousand_rectangles_draw(screen):
    x = np.arange(100_000, dtype=np.float32) / 500
    rects = np.stack([x, np.zeros_like(x), x + 0.5, np.full_like(x, 100)], axis=1)
    item = RectsItem(rects, np.tile(np.array([50, 60, 70, 255], np.uint8), (len(x), 1)))
    got = screen.render(frame_of(item))
    assert (got[..., :3] == [50, 60, 70]).all()
