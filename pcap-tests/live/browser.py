# SPDX-License-Identifier: GPL-2.0-or-later
"""browser.py - drive a headless Chromium by its DevTools pipe, for live tests.

    browser.py PROGRAM URL STEP...

Each step waits for what it needs, and the script ends with the first that does
not happen within LIMIT seconds:

    press SELECTOR      click the middle of the element that is shown
    keys SELECTOR TEXT  focus it, type TEXT; "\\n" is Enter
    wait EXPRESSION     JavaScript that becomes true; its value is printed
    look dark|light     the colour scheme
    size WIDTH HEIGHT   of the window
    picture FILE        a screenshot
"""
import base64
import json
import os
import subprocess
import sys
import tempfile
import time

LIMIT = 20 * int(os.environ.get("LAB_SLOW", "3"))

REACHABLE = """(() => {
    const one = [...document.querySelectorAll(%s)].find(
        (e) => e.checkVisibility ? e.checkVisibility() : e.offsetParent);
    if (!one)
        return null;
    one.scrollIntoView({ block: "center" });
    const at = one.getBoundingClientRect();
    return [at.x + at.width / 2, at.y + at.height / 2];
})()"""


class Browser:
    def __init__(self, program):
        self.home = tempfile.TemporaryDirectory(
            ignore_cleanup_errors=True)
        to_read, self.write_fd = os.pipe()
        self.read_fd, to_write = os.pipe()

        def place():
            # Chromium reads from 3 and writes to 4.
            first, second = os.dup(to_read), os.dup(to_write)
            os.dup2(first, 3)
            os.dup2(second, 4)

        self.process = subprocess.Popen(
            [program, "--headless=new", "--no-sandbox", "--disable-gpu",
             "--disable-dev-shm-usage", "--hide-scrollbars",
             "--remote-debugging-pipe",
             "--user-data-dir=" + self.home.name, "about:blank"],
            preexec_fn=place, close_fds=False, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(to_write)
        self.rest = b""
        self.number = 0
        self.session = None

    def call(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.write_fd, json.dumps(message).encode() + b"\0")
        while True:
            while b"\0" not in self.rest:
                more = os.read(self.read_fd, 1 << 20)
                if not more:
                    sys.exit("browser: it has ended")
                self.rest += more
            one, self.rest = self.rest.split(b"\0", 1)
            answer = json.loads(one)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(answer["error"]["message"])
                return answer["result"]

    def open(self, url):
        target = self.call("Target.createTarget", url=url)["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target,
                                 flatten=True)["sessionId"]

    def value(self, expression):
        try:
            return self.call("Runtime.evaluate", expression=expression,
                             returnByValue=True)["result"].get("value")
        except RuntimeError:
            return None     # the page is being loaded

    def until(self, expression, what):
        limit = time.monotonic() + LIMIT
        while time.monotonic() < limit:
            value = self.value(expression)
            if value:
                return value
            time.sleep(0.1)
        sys.exit("browser: not within %d s: %s; the page: %s" % (
            LIMIT, what, self.value("document.body.innerText")))

    def press(self, selector):
        x, y = self.until(REACHABLE % json.dumps(selector), selector)
        for kind in "mousePressed", "mouseReleased":
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y,
                      button="left", clickCount=1)

    def keys(self, selector, text):
        self.until(REACHABLE % json.dumps(selector), selector)
        self.value("document.querySelector(%s).focus()" %
                   json.dumps(selector))
        for char in text:
            if char == "\n":
                for kind in "keyDown", "keyUp":
                    self.call("Input.dispatchKeyEvent", type=kind, key="Enter",
                              code="Enter", text="\r",
                              windowsVirtualKeyCode=13)
            else:
                self.call("Input.insertText", text=char)

    def picture(self, path):
        time.sleep(0.5)
        data = self.call("Page.captureScreenshot", format="png")["data"]
        with open(path, "wb") as out:
            out.write(base64.b64decode(data))

    def close(self):
        try:
            self.session = None
            self.call("Browser.close")
            self.process.wait(timeout=LIMIT)
        except (RuntimeError, OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()


def run(browser, steps):
    while steps:
        step = steps.pop(0)
        if step == "press":
            browser.press(steps.pop(0))
        elif step == "keys":
            browser.keys(steps.pop(0), steps.pop(0).replace("\\n", "\n"))
        elif step == "wait":
            expression = steps.pop(0)
            value = browser.until(expression, expression)
            print(value if isinstance(value, str) else json.dumps(value),
                  flush=True)
        elif step == "look":
            browser.call("Emulation.setEmulatedMedia", features=[
                {"name": "prefers-color-scheme", "value": steps.pop(0)}])
        elif step == "size":
            browser.call("Emulation.setDeviceMetricsOverride",
                         width=int(steps.pop(0)), height=int(steps.pop(0)),
                         deviceScaleFactor=1, mobile=False)
        elif step == "picture":
            browser.picture(steps.pop(0))
        else:
            sys.exit("browser: no such step: " + step)


def main():
    browser = Browser(sys.argv[1])
    try:
        browser.open(sys.argv[2])
        run(browser, sys.argv[3:])
    finally:
        browser.close()


main()
