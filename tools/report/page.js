// SPDX-License-Identifier: GPL-2.0-or-later
// page.js - the report of `waymark replay --html`. Every text comes from
// packets or files: it is set as textContent, never as HTML.
"use strict";

const byId = (id) => document.getElementById(id);
const about = JSON.parse(byId("about").textContent);
const [keys, ...rows] = JSON.parse(byId("data").textContent);
const at = Object.fromEntries((keys || []).map((key, i) => [key, i]));
const colours = ["#0969da", "#bf8700", "#1a7f37", "#cf222e", "#8250df", "#bc4c00", "#57606a"];
const ROWS = 100, BINS = 80;
const state = { order: "bytes", down: true, page: 0, shown: [], line: null };

// What the search looks in, made once.
const texts = rows.map((row) => [row[at.proto], row[at.src], row[at.dst], row[at.dport],
	row[at.app], row[at.host], row[at.class], row[at.uplink], row[at.route]]
	.filter((value) => value !== null).join(" ").toLowerCase());

function element(name, options = {}, children = []) {
	const made = document.createElement(name);
	for (const [key, value] of Object.entries(options))
		if (key === "text")
			made.textContent = value;
		else if (key === "click")
			made.addEventListener("click", value);
		else
			made.setAttribute(key, value);
	made.append(...children);
	return made;
}

function svg(name, options = {}, text = null) {
	const made = document.createElementNS("http://www.w3.org/2000/svg", name);
	for (const [key, value] of Object.entries(options))
		made.setAttribute(key, value);
	if (text !== null)
		made.textContent = text;
	return made;
}

function amount(number) {
	const prefixes = ["", "k", "M", "G", "T"];
	let i = 0;
	for (; number >= 1000 && i < prefixes.length - 1; i++)
		number /= 1000;
	return number.toFixed(i > 0 && number < 10 ? 1 : 0) + " " + prefixes[i] + "B";
}

const end = (address, port) => port ? (address.includes(":") ? `[${address}]` : address) + ":" + port : address;
const uplinkOf = (row) => row[at.uplink] ?? "none";
// Without the directory.
const lineOf = (row) => (row[at.route] ?? "-").replace(/^.*\//, "");
const isUnknown = (row) => row[at.app] === null && row[at.host] === null;

function fill(table, titles, lines) {
	const cells = (line, name) => line.map((cell, i) => {
		const made = element(name, typeof titles[i] === "object" ? { class: "number" } : {});
		made.append(cell instanceof Node ? cell : String(cell ?? "-"));
		return made;
	});
	const head = titles.map((title) => typeof title === "object" ? title[0] : title);
	byId(table).replaceChildren(
		element("thead", {}, [element("tr", {}, cells(head, "th"))]),
		element("tbody", {}, lines.map((line) => element("tr", {}, cells(line, "td")))));
}

function searchFor(text) {
	byId("search").value = text;
	change();
}
const link = (text) => element("button", { type: "button", text, click: () => searchFor(text) });

// Sums of the flows that are shown, largest first.
function sum(key, chosen = state.shown) {
	const sums = new Map();
	for (const row of chosen) {
		const name = key(row);
		const s = sums.get(name) ?? { name, flows: 0, bytes: 0, late: 0 };
		s.flows++;
		s.bytes += row[at.bytes];
		s.late += row[at.late] !== null;
		sums.set(name, s);
	}
	return [...sums.values()].sort((a, b) => b.bytes - a.bytes || b.flows - a.flows);
}

function groupKey() {
	const by = byId("by").value;
	return by === "uplink" ? uplinkOf : (row) => row[at[by]] ?? "unknown";
}

// The bytes of a flow are spread evenly over its time.
function drawChart(groups, key) {
	const box = byId("chart"), legend = byId("legend");
	const names = groups.slice(0, colours.length - 1).map((group) => group.name);
	const series = [...names, "others"].map(() => new Float64Array(BINS));
	let from = Infinity, to = -Infinity, top = 1;
	for (const row of state.shown) {
		from = Math.min(from, row[at.start]);
		to = Math.max(to, row[at.end]);
	}
	const step = Math.max((to - from) / BINS, 1e-6);
	for (const row of state.shown) {
		const i = names.indexOf(key(row));
		const values = series[i < 0 ? names.length : i];
		const first = Math.min(BINS - 1, Math.floor((row[at.start] - from) / step));
		const last = Math.min(BINS - 1, Math.floor((row[at.end] - from) / step));
		for (let bin = first; bin <= last; bin++)
			values[bin] += row[at.bytes] / (last - first + 1);
	}
	for (let bin = 0; bin < BINS; bin++)
		top = Math.max(top, series.reduce((all, values) => all + values[bin], 0));
	const image = svg("svg", { viewBox: "0 0 800 180", preserveAspectRatio: "none", role: "img", "aria-label": "bytes over time" });
	const base = new Float64Array(BINS);
	series.forEach((values, i) => {
		for (let bin = 0; bin < BINS; bin++) {
			const height = values[bin] / top * 150;
			if (height > 0) {
				const bar = svg("rect", { x: bin * 10, width: 9, y: 160 - base[bin] - height, height, fill: colours[i < names.length ? i : colours.length - 1] });
				bar.append(svg("title", {}, `${i < names.length ? names[i] : "others"}: ${amount(values[bin])}`));
				image.append(bar);
			}
			base[bin] += height;
		}
	});
	image.append(svg("line", { x1: 0, x2: 800, y1: 160, y2: 160 }));
	box.replaceChildren(image);
	legend.replaceChildren();
	if (state.shown.length > 0)
		legend.append(element("span", { text: `${new Date(from * 1000).toISOString().replace("T", " ").slice(0, 19)} UTC, ${(to - from).toFixed(1)} s, at most ${amount(top / step)}/s` }));
	names.forEach((name, i) => legend.append(element("span", {}, [element("i", { style: `background: ${colours[i]}` }), String(name)])));
	if (groups.length > names.length)
		legend.append(element("span", {}, [element("i", { style: `background: ${colours[colours.length - 1]}` }), "others"]));
}

function drawGroups(groups) {
	const all = groups.reduce((total, group) => total + group.bytes, 0) || 1;
	byId("groups-title").textContent = "Traffic by " + byId("by").selectedOptions[0].textContent;
	fill("groups", ["", ["flows"], ["late"], ["bytes"], ["share"]], groups.slice(0, 15).map((group) => [
		link(String(group.name)), group.flows, group.late, amount(group.bytes),
		element("meter", { min: 0, max: 1, value: group.bytes / all, title: (group.bytes / all * 100).toFixed(1) + "%" })]));
}

// Why the first packet did not have the final uplink.
function drawLate() {
	const late = state.shown.filter((row) => row[at.late] !== null);
	const why = (row) => row[at.host] !== null ? `host ${row[at.host]}` :
		row[at.app] !== null ? `application ${row[at.app]}` : "payload";
	const groups = sum((row) => `${why(row)}\n${row[at.late]}\n${lineOf(row)}`, late);
	fill("late", ["known after the first packet", "late", "line", ["flows"], ["bytes"]],
		groups.slice(0, 15).map((group) => [...String(group.name).split("\n"), group.flows, amount(group.bytes)]));
}

function drawUnknown() {
	const groups = sum((row) => `${row[at.proto]} ${end(row[at.dst], row[at.dport])}`, state.shown.filter(isUnknown));
	fill("unknown", ["server", ["flows"], ["bytes"]],
		groups.slice(0, 15).map((group) => [group.name, group.flows, amount(group.bytes)]));
}

function drawPolicy() {
	const used = new Map(sum((row) => row[at.route]).map((group) => [group.name, group]));
	const body = element("tbody");
	about.lines.forEach((text, i) => {
		const name = `${about.policy}:${i + 1}`, group = used.get(name);
		const choose = () => {
			state.line = state.line === name ? null : name;
			change();
		};
		const number = group ? element("button", { type: "button", text: i + 1, title: "flows that this line decides", "aria-pressed": state.line === name, click: choose }) : i + 1;
		body.append(element("tr", group ? { class: "used" } : {}, [
			element("td", { class: "number" }, [number]),
			element("td", { class: "number", text: group ? `${group.flows} flows` : "" }),
			element("td", { class: "number", text: group ? amount(group.bytes) : "" }),
			element("td", { text })]));
	});
	byId("policy").replaceChildren(body);
}

const columns = [["flow", "src"], ["server", "dst"], ["application", "app"], ["host", "host"], ["class", "class"],
	["uplink", "uplink"], ["late", "late"], ["line", "route"], ["packets", "packets"], ["bytes", "bytes"]];

function drawFlows() {
	const pages = Math.max(1, Math.ceil(state.shown.length / ROWS));
	state.page = Math.min(state.page, pages - 1);
	const shown = state.shown.slice(state.page * ROWS, (state.page + 1) * ROWS).map((row) => [
		`${row[at.proto]} ${end(row[at.src], row[at.sport])}`, end(row[at.dst], row[at.dport]), row[at.app], row[at.host],
		row[at.class], uplinkOf(row), row[at.late], lineOf(row), row[at.packets], row[at.bytes]]);
	fillFlows(shown);
	byId("page").textContent = `page ${state.page + 1} of ${pages}`;
	byId("prev").disabled = state.page === 0;
	byId("next").disabled = state.page === pages - 1;
}

function sortBy(key) {
	state.down = state.order === key ? !state.down : key === "bytes" || key === "packets";
	state.order = key;
	change(false);
	byId("flows").querySelector(`[data-key=${key}]`).focus();
}

function fillFlows(lines) {
	const head = columns.map(([title, key], i) => {
		const arrow = state.order === key ? (state.down ? " ▼" : " ▲") : "";
		const th = element("th", i > 7 ? { class: "number" } : {}, [element("button", {
			type: "button", text: title + arrow, "data-key": key, title: "sort by " + title, click: () => sortBy(key) })]);
		if (state.order === key)
			th.setAttribute("aria-sort", state.down ? "descending" : "ascending");
		return th;
	});
	byId("flows").replaceChildren(element("thead", {}, [element("tr", {}, head)]),
		element("tbody", {}, lines.map((line) => element("tr", {}, line.map((cell, i) =>
			element("td", { class: i > 7 ? "number" : "", text: String(cell ?? "-") }))))));
}

function choose() {
	const words = byId("search").value.toLowerCase().split(/\s+/).filter((word) => word !== "");
	const which = byId("which").value;
	state.shown = rows.filter((row, i) =>
		(which === "all" || (which === "late" ? row[at.late] !== null : isUnknown(row))) &&
		(state.line === null || row[at.route] === state.line) &&
		words.every((word) => texts[i].includes(word)));
	const i = at[state.order], sign = state.down ? -1 : 1;
	state.shown.sort((a, b) => sign * (typeof a[i] === "number" ? a[i] - b[i] :
		String(a[i] ?? "").localeCompare(String(b[i] ?? ""), "en", { numeric: true })));
}

function change(rewind = true) {
	if (rewind)
		state.page = 0;
	choose();
	const key = groupKey(), groups = sum(key);
	const bytes = groups.reduce((all, group) => all + group.bytes, 0);
	byId("count").textContent = `${state.shown.length} of ${rows.length} flows, ${amount(bytes)}` +
		(state.line !== null ? `, line ${state.line.replace(/^.*:/, "")}` : "");
	drawChart(groups, key);
	drawGroups(groups);
	drawLate();
	drawUnknown();
	drawPolicy();
	drawFlows();
}

let waiting = null;
byId("search").addEventListener("input", () => {
	clearTimeout(waiting);
	waiting = setTimeout(change, 150);
});
byId("which").addEventListener("change", () => change());
byId("by").addEventListener("change", () => change());
byId("filter").addEventListener("submit", (event) => event.preventDefault());
byId("filter").addEventListener("reset", () => {
	state.line = null;
	setTimeout(change, 0);
});
byId("prev").addEventListener("click", () => {
	state.page--;
	drawFlows();
});
byId("next").addEventListener("click", () => {
	state.page++;
	drawFlows();
});
document.addEventListener("keydown", (event) => {
	if (event.key === "/" && !/^(INPUT|SELECT)$/.test(event.target.tagName)) {
		event.preventDefault();
		byId("search").focus();
	}
});
byId("about-text").textContent = `${about.policy} on ${about.captures.join(", ")}`;
change();
