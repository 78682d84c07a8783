"""What appears when the pointer rests on a step or an arrow, and how lanes and cases are named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from workbench.catalogue import Label
from workbench.figures import lettering, texts
from workbench.figures.picture import Arrow, DrawnStep, Picture
from workbench.figures.way import Case
from workbench.models.clearance import ClearanceMode
from workbench.models.steps import Step

__all__ = ["arrow", "case", "lane", "step"]

_WIDTH_PX, _LETTER_PX = 420, 12


def lane(key: str, lanes: str, offices: Mapping[str, Label], lang: str) -> str:
    """Return the name of a lane: a party (and the office where there are several), or a place."""
    party, _, office = key.partition("@")
    if not party:
        return texts.text("no_lane", lang)
    name = texts.name("parties" if lanes == "party" else "places", party, lang)
    if not office:
        return name
    return texts.text("party_at_office", lang, party=name, office=offices[office].text(lang))


def case(mode: ClearanceMode, key: Case, lang: str) -> str:
    """Return the name of a kind of declaration, or its attributes."""
    if isinstance(key, Mapping):
        return texts.join((f"{name} = {texts.value(name, item, lang)}" for name, item in key.items()), lang)
    return mode.cases[key or next(iter(mode.cases))].label.text(lang)


def step(item: DrawnStep, mode: ClearanceMode, compare_with: ClearanceMode | None, lang: str) -> str:
    """Return what there is to know about a step, as lines of simple markup."""
    source = compare_with if item.change in ("removed", "moved_from") and compare_with else mode
    lines = [f"<b>{item.step.label.text(lang)}</b>", *_facts(item.step, source, lang)]
    if item.change != "same":
        lines.insert(1, f"<i>{texts.text(f'change_{item.change}', lang)}</i>")
    if item.before is not None and item.fields:
        lines += ["", f"<b>{texts.text('changed_fields', lang)}</b>", *_differences(item, lang)]
    return "<br>".join(
        part for line in lines for part in (lettering.wrap(line, _WIDTH_PX, _LETTER_PX) if line and not line.startswith("<") else [line])
    )


def _facts(item: Step, mode: ClearanceMode, lang: str) -> Iterator[str]:
    where = [texts.name("parties", item.party, lang) if item.party else "", texts.name("places", item.place, lang) if item.place else ""]
    if item.office:
        where.append(mode.offices[item.office].text(lang))
    if any(where):
        yield " · ".join(part for part in where if part)
    if item.duration:
        key = "duration_work" if item.duration.kind == "work" else "duration_lead"
        low, mean, high = (texts.hours(hours, lang) for hours in (item.duration.min_h, item.duration.mean_h, item.duration.max_h))
        yield texts.text(key, lang, min=low, mean=mean, max=high)
        yield _basis(item.duration.basis, lang)
    if item.uses:
        yield texts.text("uses", lang, what=texts.join((f"{use.units} × {texts.resource(use.resource, lang)}" for use in item.uses), lang))
    if item.documents:
        yield texts.text("documents", lang, what=texts.join((texts.name("documents", key, lang) for key in item.documents), lang))
    if item.n_visits:
        yield texts.text("visits", lang, n=item.n_visits)
    for fee in item.fees:
        yield texts.text(
            "fee",
            lang,
            amount=texts.number(fee.amount_cny),
            per=texts.text(f"per_{fee.per}", lang),
            payer=texts.name("parties", fee.payer, lang),
            payee=texts.name("parties", fee.payee, lang),
        )
    if item.stamps:
        yield texts.text("stamps", lang, what=texts.join((texts.stamp(stamp, lang) for stamp in item.stamps), lang))
    if item.reconstructed:
        yield texts.text("reconstructed_step", lang)
    if not item.duration:
        yield _basis(item.basis, lang)


def _basis(basis: Any, lang: str) -> str:
    """Return the kind of a basis in words, and what it says; reasons stand as their author wrote them."""
    return f"{texts.text(f'basis_{basis.kind}', lang)}{'：' if lang == 'zh' else ': '}{basis.text().partition(': ')[2]}"


def _differences(item: DrawnStep, lang: str) -> Iterator[str]:
    for field in item.fields:
        before, after = (_written(getattr(version, field), field, lang) for version in (item.before, item.step))
        yield f"{texts.text(f'field_{field}', lang)}{'：' if lang == 'zh' else ': '}{before or '–'} → {after or '–'}"


def _written(value: Any, field: str, lang: str) -> str:
    kinds = {"party": "parties", "place": "places"}
    if field in kinds:
        return texts.name(kinds[field], value, lang) if value else ""
    if field == "documents":
        return texts.join((texts.name("documents", key, lang) for key in value), lang)
    if field == "duration":
        return texts.hours(value.mean_h, lang) if value else ""
    if field == "stamps":
        return texts.join((texts.stamp(stamp, lang) for stamp in value), lang)
    if field == "uses":
        return texts.join((f"{use.units} × {texts.resource(use.resource, lang)}" for use in value), lang)
    if field == "writes":
        return texts.join((write.attribute for write in value), lang)
    if field == "fees":
        return texts.join((f"{texts.number(fee.amount_cny)} CNY" for fee in value), lang)
    return str(value)


def arrow(item: Arrow, shown: Picture, lang: str) -> str:
    """Return where an arrow leads and when it is taken."""
    labels = {drawn.key: drawn.step.label.text(lang) for drawn in shown.steps}
    lines = [f"<b>{labels[item.source]} → {labels[item.target]}</b>"]
    if item.flow:
        lines.append(texts.text("flow", lang, flow=texts.flow(item.flow, lang)))
    if item.edge.when:
        lines += [f"{texts.attribute(name, lang)} = {texts.condition({name: wanted}, lang)}" for name, wanted in item.edge.when.items()]
    if item.edge.probability is not None:
        lines.append(texts.text("chance", lang, p=f"{item.edge.probability:.3g}"))
    if item.back:
        lines.append(texts.text("rework", lang))
    if item.change != "same":
        lines.append(f"<i>{texts.text(f'change_{item.change}', lang)}</i>")
    return "<br>".join(lines)
