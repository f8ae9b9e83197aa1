// SPDX-License-Identifier: GPL-2.0-or-later
// page.js - the views of `waymark web`. Every text comes from packets, clients
// or files: it is set as textContent, never as HTML.
"use strict";

const byId = (id) => document.getElementById(id);
const tabs = [...document.querySelectorAll("[role=tab]")];
let view = "uplinks";
let latest = null;
let allowed = {};

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

function amount(number, unit = "") {
	if (number === null || number === undefined)
		return "-";
	const prefixes = ["", "k", "M", "G", "T"];
	let at = 0;
	while (number >= 1000 && at < prefixes.length - 1) {
		number /= 1000;
		at++;
	}
	const digits = at > 0 && number < 10 ? 1 : 0;
	return number.toFixed(digits) + " " + prefixes[at] + unit;
}

const rate = (bytes) => amount(bytes === null ? null : bytes * 8, "bit/s");

function time(seconds) {
	const two = (n) => String(Math.floor(n)).padStart(2, "0");
	const days = Math.floor(seconds / 86400);
	return (days > 0 ? days + " d " : "") + two(seconds / 3600 % 24) + ":" +
		two(seconds / 60 % 60) + ":" + two(seconds % 60);
}

async function ask(what, options = {}) {
	const query = new URLSearchParams();
	for (const [key, value] of Object.entries(options))
		if (value !== "")
			query.set(key, value);
	const answer = await fetch("/api/" + what + "?" + query);
	const text = await answer.text();
	if (!answer.ok)
		throw new Error(text.trim());
	return text;
}

async function askJson(what, options) {
	const answer = JSON.parse(await ask(what, options));
	return answer.data === undefined ? answer : answer.data;
}

// Update children in place, so that what has the focus keeps it.
function keep(parent, items, keyOf, make, refresh) {
	const old = new Map([...parent.children].map((one) =>
		[one.dataset.key, one]));
	const wanted = items.map((item) => {
		const one = old.get(keyOf(item)) || make(item);
		one.dataset.key = keyOf(item);
		refresh(one, item);
		return one;
	});
	if (wanted.length !== parent.children.length ||
	    wanted.some((one, i) => one !== parent.children[i]))
		parent.replaceChildren(...wanted);
}

// ---- changes ----

// The token comes in the part of the address that browsers do not send.
function takeToken() {
	const found = /^#token=([0-9a-f]+)$/.exec(location.hash);
	if (found) {
		sessionStorage.setItem("token", found[1]);
		history.replaceState(null, "", location.pathname);
	}
	return sessionStorage.getItem("token");
}

let token = takeToken();
const mayChange = (what) => allowed[what] && token !== null;

function say(text, isError = false) {
	byId("note").textContent = text;
	byId("note").className = isError ? "down" : "";
}

async function change(what, body) {
	try {
		const answer = await fetch("/api/" + what, {
			method: "POST", body: JSON.stringify(body),
			headers: { "Content-Type": "application/json",
				   "X-Waymark-Token": token },
		});
		const text = (await answer.text()).trim();
		say(text || "Changed.", !answer.ok);
		await update();
		return answer.ok;
	} catch (error) {
		say("No answer: " + error.message, true);
		return false;
	}
}

async function askAllowed() {
	try {
		allowed = await askJson("allowed");
	} catch (error) {
		say("No answer: " + error.message, true);
	}
	if ((allowed.uplink || allowed.exempt) && token === null)
		say("To change something, open the address that " +
			"`waymark web` printed when it started.");
	byId("exempt-form").hidden = !mayChange("exempt");
}

// ---- uplinks ----

function family(name, state) {
	const value = element("dd");
	if (!state) {
		value.textContent = "not watched";
	} else if (state.up) {
		value.append(element("span", { class: "up", text: "up" }));
	} else {
		value.append(element("span", { class: "down", text: "down" }));
		value.append((state.reason ? " (" + state.reason + ")" : "") +
			(state.active ? ", fails over to " + state.active : ""));
	}
	if (state && state.since_seconds !== null)
		value.append(" for " + time(state.since_seconds));
	return [element("dt", { text: name }), value];
}

// The rates as a curve; gaps where no engine ran.
function graph(name, rates) {
	const ns = "http://www.w3.org/2000/svg";
	const svg = document.createElementNS(ns, "svg");
	const most = Math.max(1, ...rates.map((value) => value || 0));
	const x = (i) => (i / Math.max(1, rates.length - 1) * 300).toFixed(1);
	const y = (value) => (98 - value / most * 94).toFixed(1);
	let curve = "", area = "", last = null;
	rates.forEach((value, i) => {
		if (value !== null) {
			curve += (last === null ? "M" : "L") + x(i) + " " + y(value);
			area += (last === null ? "M" + x(i) + " 98L" : "L") +
				x(i) + " " + y(value);
		}
		if (last !== null && value === null)
			area += "L" + x(i - 1) + " 98Z";
		last = value;
	});
	if (last !== null)
		area += "L300 98Z";
	svg.setAttribute("viewBox", "0 0 300 100");
	svg.setAttribute("preserveAspectRatio", "none");
	svg.setAttribute("role", "img");
	svg.setAttribute("aria-label", "Rate of " + name + ": at most " +
		rate(most) + ", now " + rate(rates[rates.length - 1] || 0));
	for (const [kind, path] of [["area", area], ["curve", curve]]) {
		const part = document.createElementNS(ns, "path");
		part.setAttribute("class", kind);
		part.setAttribute("d", path);
		svg.append(part);
	}
	return svg;
}

function facts(uplink) {
	return element("dl", {}, [
		element("dt", { text: "Device" }),
		element("dd", { text: uplink.dev +
			(uplink.admin_state === "down" ? ", forced down" :
			 uplink.admin_state === "up" ? ", forced up" : "") }),
		...family("IPv4", uplink.ipv4),
		...family("IPv6", uplink.ipv6),
		element("dt", { text: "Flows now" }),
		element("dd", { text: String(uplink.traffic.active) }),
		element("dt", { text: "Rate" }),
		element("dd", { text: rate(uplink.traffic.rate) }),
		element("dt", { text: "Carried" }),
		element("dd", { text: amount(uplink.kernel.bytes, "B") }),
	]);
}

let candidate = null;

function force(name, state) {
	if (state !== "down")
		return change("uplink", { uplink: name, state });
	candidate = name;
	byId("sure-title").textContent = "Take uplink " + name + " down";
	byId("sure-text").textContent = "Its flows end or move to its " +
		"fallback. If this page is reached through " + name +
		", it may become unreachable.";
	byId("sure").returnValue = "";
	byId("sure").showModal();
}

byId("sure").addEventListener("close", () => {
	if (byId("sure").returnValue === "yes")
		change("uplink", { uplink: candidate, state: "down" });
});

const states = { auto: "Automatic", up: "Force up", down: "Force down" };

function emptyCard(uplink) {
	const name = uplink.uplink;
	const buttons = Object.entries(states).map(([state, text]) =>
		element("button", { type: "button", text, "data-state": state,
			click: () => force(name, state) }));
	return element("article", { class: "card" }, [
		element("h2", { text: name }),
		element("div", { class: "facts" }),
		element("div", { class: "controls", role: "group",
			"aria-label": "State of uplink " + name }, buttons),
	]);
}

function fillCard(one, uplink, history) {
	const series = history.series.find((item) =>
		item.kind === "uplink" && item.name === uplink.uplink);
	const rates = series ? series.bytes.map((bytes) =>
		bytes === null ? null : bytes / history.step_seconds) : [];
	const most = Math.max(0, ...rates.map((value) => value || 0));
	one.querySelector(".facts").replaceChildren(
		facts(uplink), graph(uplink.uplink, rates),
		element("p", {}, [
			element("span", { text: rates.length ?
				new Date(history.from * 1000).toLocaleString() : "" }),
			element("span", { text: "at most " + rate(most) }),
		]));
	one.querySelector(".controls").hidden = !mayChange("uplink");
	for (const button of one.querySelectorAll(".controls button"))
		button.setAttribute("aria-pressed", String(
			button.dataset.state === uplink.admin_state));
}

async function showUplinks() {
	const last = byId("last").value;
	const steps = { "5m": "1s", "1h": "30s", "1d": "10m", "30d": "6h",
			"365d": "3d" };
	const history = await askJson("history", { last, step: steps[last] });
	keep(byId("cards"), latest.uplinks, (uplink) => uplink.uplink, emptyCard,
		(one, uplink) => fillCard(one, uplink, history));
}

// ---- exemptions ----

function exemptRow(entry) {
	const remove = element("button", { type: "button", text: "Remove",
		"aria-label": "Remove the exemption of " + entry.host,
		click: () => change("exempt", { do: "del", host: entry.host }) });
	return element("tr", {}, [
		element("td", { class: "text", text: entry.host }),
		element("td"), element("td"), element("td", {}, [remove]),
	]);
}

async function showExempt() {
	const { exempt } = await askJson("exempt-list");
	keep(byId("exempt-rows"), exempt, (entry) => entry.host, exemptRow,
		(row, entry) => {
			const cells = row.children;
			cells[1].textContent = entry.from === entry.to ?
				"from and to it" : entry.from ? "from it" : "to it";
			cells[2].textContent = entry.left_seconds === undefined ?
				"no limit" : time(entry.left_seconds);
			cells[3].firstChild.hidden = !mayChange("exempt");
		});
}

byId("exempt-form").addEventListener("submit", async (event) => {
	event.preventDefault();
	const form = byId("exempt-form");
	const values = Object.fromEntries(new FormData(form));
	values.host = values.host.trim();
	if (await change("exempt", { do: "add", ...values }))
		form.reset();
});

// ---- traffic ----

function sumsRow(name, sums) {
	const number = (text) => element("td", { class: "number", text });
	return element("tr", {}, [
		element("td", { class: "text", text: name }), number(rate(sums.rate)),
		number(amount(sums.bytes, "B")), number(amount(sums.packets)),
		number(amount(sums.active)), number(amount(sums.flows)),
	]);
}

async function showTraffic() {
	const by = byId("kind").value;
	const all = await askJson("traffic", { by, rows: "100",
					       sort: byId("order").value });
	const data = all[by] || { rows: [] };
	const rows = data.rows.map((row) => sumsRow(row[by], row));
	if (data.others && data.others.flows > 0)
		rows.push(sumsRow("(others)", data.others));
	if (data.unknown && (data.unknown.flows > 0 || data.unknown.active > 0))
		rows.push(sumsRow("(unknown)", data.unknown));
	byId("sums").replaceChildren(...rows);
}

// ---- flows ----

const server = (flow) => (flow.host || flow.dst) +
	(flow.dport ? ":" + flow.dport : "");

function story(flow) {
	const known = {
		payload: "its payload named the host",
		dns: "a DNS answer that the client received named the host",
		server: "earlier flows to this server named the host",
		headers: "addresses, protocol and ports decided, in the kernel",
	};
	const steps = [
		flow.proto + " from " + (flow.client_name ?
			flow.client_name + ", " : "") + flow.src +
			(flow.sport ? " port " + flow.sport : "") + " to " + flow.dst +
			(flow.dport ? " port " + flow.dport : ""),
	];
	if (flow.inspected !== null)
		steps.push("The engine inspected " + flow.inspected + " packets.");
	if (flow.app || flow.host)
		steps.push("Identified as " + [flow.app, flow.host].filter(Boolean)
			.join(", ") + ".");
	if (known[flow.evidence])
		steps.push("Known because " + known[flow.evidence] + ".");
	if (flow.needs && flow.needs.length > 0)
		steps.push("Not settled: " + flow.needs.join(", ") +
			" could still change its uplink.");
	if (flow.route)
		steps.push("Decided by " + flow.route + (flow.class ?
			", class " + flow.class : "") + ".");
	if (flow.late)
		steps.push("It started on another uplink and was " + flow.late +
			" when it was identified.");
	steps.push("Uplink: " + flow.uplink + ". " + amount(flow.bytes, "B") +
		" in " + amount(flow.packets) + " packets" +
		(flow.age_seconds === null ? "." : " within " +
			time(flow.age_seconds) + "."));
	byId("story-title").textContent = server(flow);
	byId("steps").replaceChildren(...steps.map((text) =>
		element("li", { text })));
	byId("story").showModal();
}

function flowRow(flow) {
	const cell = (text) => element("td", { text: text || "" });
	return element("tr", {}, [
		cell(flow.client_name || flow.src),
		element("td", { class: "text" }, [element("button", {
			type: "button", text: server(flow),
			click: () => story(flow) })]),
		cell(flow.app || flow.proto), cell(flow.class), cell(flow.uplink),
		element("td", { class: "number", text: amount(flow.bytes, "B") }),
		cell(flow.state),
	]);
}

function offer(select, names) {
	for (const name of names)
		if (![...select.options].some((one) => one.value === name))
			select.append(element("option", { value: name, text: name }));
}

// One object per line; another line is an error message.
async function showFlows() {
	const form = byId("filter");
	const text = await ask("flows", { rows: "200", sort: "bytes",
		...Object.fromEntries(new FormData(form)) });
	const lines = text.split("\n").filter(Boolean);
	const flows = lines.filter((line) => line.startsWith("{"));
	const note = lines.find((line) => !line.startsWith("{"));
	offer(form.elements.uplink, latest.uplinks.map((one) => one.uplink)
		.concat("main"));
	offer(form.elements.class, latest.classes.map((one) => one.class));
	byId("flow-note").textContent = note || flows.length + " flows";
	const buttons = () => [...byId("flow-rows").querySelectorAll("button")];
	const at = buttons().indexOf(document.activeElement);
	byId("flow-rows").replaceChildren(...flows.map((line) =>
		flowRow(JSON.parse(line))));
	if (at >= 0 && buttons().length > 0)
		buttons()[Math.min(at, buttons().length - 1)].focus();
}

// ---- policy ----

async function showPolicy() {
	const counts = new Map();
	for (const route of latest.routes) {
		const line = /:(\d+)(:\d+)?$/.exec(route.place);
		if (line)
			counts.set(Number(line[1]), route.traffic);
	}
	const text = await ask("policy");
	byId("lines").replaceChildren(...text.replace(/\n$/, "").split("\n")
		.map((line, i) => {
			const sums = counts.get(i + 1);
			return element("tr", sums && sums.flows > 0 ?
				{ class: "used" } : {}, [
				element("td", { text: sums ? amount(sums.flows) : "" }),
				element("td", { text: sums ?
					amount(sums.bytes, "B") : "" }),
				element("td", { text: String(i + 1) }),
				element("td", { text: line }),
			]);
		}));
}

// ---- events ----

const EVENTS_MAX = 500;

function addEvent(line) {
	const event = JSON.parse(line);
	const { event: name, time: when, ...rest } = event;
	if (name === "start")
		return;
	const list = byId("event-list");
	list.prepend(element("li", { text: (when ? when + "  " :
		new Date().toLocaleTimeString() + "  ") + name + ": " +
		Object.entries(rest).filter((pair) => pair[1] !== null)
			.map(([key, value]) => key + " " + value).join(", ") }));
	while (list.children.length > EVENTS_MAX)
		list.lastChild.remove();
}

async function followEvents() {
	const answer = await fetch("/api/events");
	if (!answer.ok)
		throw new Error(await answer.text());
	const reader = answer.body.pipeThrough(new TextDecoderStream())
		.getReader();
	let rest = "";
	for (;;) {
		const { done, value } = await reader.read();
		if (done)
			return;
		const lines = (rest + value).split("\n");
		rest = lines.pop();
		lines.filter(Boolean).forEach(addEvent);
	}
}

let isFollowing = false;

// A daemon sends events to four at a time: only to who looks at them.
async function keepFollowing() {
	if (isFollowing)
		return;
	isFollowing = true;
	for (;;) {
		try {
			await followEvents();
		} catch (error) {
			byId("event-note").textContent = error.message;
		}
		await new Promise((wake) => setTimeout(wake, 5000));
	}
}

// ---- all ----

const shows = {
	uplinks: showUplinks, traffic: showTraffic, flows: showFlows,
	exempt: showExempt, policy: showPolicy, events: () => { keepFollowing(); },
};

async function update() {
	try {
		latest = await askJson("status");
		byId("head").textContent = latest.policy + ", up " +
			time(latest.uptime_seconds) + (latest.traffic.counted ? "" :
			"; bytes of flows need net.netfilter.nf_conntrack_acct=1");
		await shows[view]();
	} catch (error) {
		byId("head").textContent = "No answer: " + error.message;
	}
}

function select(name) {
	view = shows[name] ? name : "uplinks";
	for (const tab of tabs) {
		const isIt = tab.getAttribute("aria-controls") === view;
		tab.setAttribute("aria-selected", String(isIt));
		tab.tabIndex = isIt ? 0 : -1;
		byId(tab.getAttribute("aria-controls")).hidden = !isIt;
	}
	if (location.hash !== "#" + view)
		history.replaceState(null, "", "#" + view);
	return update();
}

byId("tabs").addEventListener("click", (event) => {
	const tab = event.target.closest("[role=tab]");
	if (tab)
		select(tab.getAttribute("aria-controls"));
});
byId("tabs").addEventListener("keydown", (event) => {
	const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
	if (!by)
		return;
	const at = tabs.findIndex((tab) => tab.tabIndex === 0);
	const next = tabs[(at + by + tabs.length) % tabs.length];
	select(next.getAttribute("aria-controls"));
	next.focus();
});
byId("filter").addEventListener("submit", (event) => event.preventDefault());
for (const id of ["last", "kind", "order", "filter"])
	byId(id).addEventListener("input", update);
byId("close").addEventListener("click", () => byId("story").close());
window.addEventListener("hashchange", async () => {
	if (location.hash.startsWith("#token=")) {
		token = takeToken();
		await askAllowed();
	}
	select(location.hash.slice(1));
});

async function keepUpdating() {
	for (;;) {
		await new Promise((wake) => setTimeout(wake, 2000));
		if (!document.hidden)
			await update();
	}
}

askAllowed().then(() => select(location.hash.slice(1))).then(keepUpdating);
