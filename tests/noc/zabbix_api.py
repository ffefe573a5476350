#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Calls a method of the API of Zabbix 6.0, and prints its result.

  zabbix_api.py URL TOKEN METHOD PARAMETERS [EXPRESSION]

PARAMETERS is JSON, or @FILE for configuration.import of that template.
EXPRESSION is Python; r is the result.  Without it the result is printed as
JSON; a list is printed as one line for each member.
"""

import json
import sys
import urllib.request


def main():
    url, token, method, parameters, *expression = sys.argv[1:]
    if parameters.startswith("@"):
        with open(parameters[1:], encoding="utf-8") as file:
            rule = {"createMissing": True, "updateExisting": True}
            parameters = {"format": "yaml", "source": file.read(), "rules": {
                **{name: rule for name in ("templates", "items", "triggers",
                    "discoveryRules", "graphs", "valueMaps",
                    "templateDashboards")},
                "groups": {"createMissing": True, "updateExisting": False}}}
    else:
        parameters = json.loads(parameters)
    request = {"jsonrpc": "2.0", "method": method, "params": parameters,
        "id": 1}
    if token:
        request["auth"] = token
    with urllib.request.urlopen(urllib.request.Request(url,
            json.dumps(request).encode(),
            {"Content-Type": "application/json-rpc"}), timeout=60) as answer:
        answer = json.load(answer)
    if "error" in answer:
        print(answer["error"], file=sys.stderr)
        return 1
    result = answer["result"]
    if expression:
        # The expressions are those of our scripts.
        result = eval(expression[0], {"r": result})
    for line in result if isinstance(result, list) else [result]:
        print(line if isinstance(line, (str, int)) else json.dumps(line))
    return 0


if __name__ == "__main__":
    sys.exit(main())
