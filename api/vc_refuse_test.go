package api

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/hanse-id/hanse/app/op"
)

const vocabulary = "https://www.w3.org/TR/vc-data-model"

func TestIssuingRefuses(t *testing.T) {
	c := startIssuing(t)
	c.issue(t, "demo", "urn:uuid:taken")
	const issue = "/issuers/demo/credentials/issue"
	good := func(change func(map[string]any)) map[string]any {
		d := c.diploma("demo", "")
		if change != nil {
			change(d)
		}
		return map[string]any{"credential": d}
	}
	with := func(options any) map[string]any {
		return map[string]any{"credential": c.diploma("demo", ""), "options": options}
	}
	for name, test := range map[string]struct {
		path    string
		body    any
		status  int
		kind    string
		pointer string
	}{
		"no credential":                {issue, map[string]any{}, 400, "invalid-member", "/credential"},
		"a credential that is a text":  {issue, map[string]any{"credential": "x"}, 400, "invalid-member", "/credential"},
		"an unknown member":            {issue, map[string]any{"credential": c.diploma("demo", ""), "owner": "me"}, 400, "invalid-member", "/owner"},
		"options that are no object":   {issue, with([]any{}), 400, "invalid-member", "/options"},
		"an unknown option":            {issue, with(map[string]any{"statusListIndex": "7"}), 400, problemUnknownOption, "/options/statusListIndex"},
		"an option of another type":    {issue, with(map[string]any{"credentialId": 7}), 400, "invalid-member", "/options/credentialId"},
		"pointers without that suite":  {issue, with(map[string]any{"mandatoryPointers": []string{"/issuer"}}), 400, "invalid-member", "/options/mandatoryPointers"},
		"pointers that are no list":    {issue, with(map[string]any{"mandatoryPointers": "/issuer"}), 400, "invalid-member", "/options/mandatoryPointers"},
		"suite and format at odds":     {issue, with(map[string]any{"cryptosuite": "eddsa-jcs-2022", "format": "vc+jwt"}), 400, "invalid-member", "/options/format"},
		"a form that it does not make": {issue, with(map[string]any{"cryptosuite": "eddsa-jcs-2022"}), 400, "invalid-member", "/options/format"},
		"an unknown issuer":            {"/issuers/nobody/credentials/issue", good(nil), 404, "unknown-issuer", ""},
		"no issuer":                    {issue, good(func(m map[string]any) { delete(m, "issuer") }), 422, vocabulary + "#MALFORMED_VALUE_ERROR", "/credential/issuer"},
		"a foreign issuer":             {issue, good(func(m map[string]any) { m["issuer"] = "did:example:x" }), 403, "foreign-issuer", "/credential/issuer"},
		"a foreign issuer, unnamed":    {"/credentials/issue", good(func(m map[string]any) { m["issuer"] = "did:example:x" }), 403, "foreign-issuer", "/credential/issuer"},
		"an empty subject":             {issue, good(func(m map[string]any) { m["credentialSubject"] = map[string]any{} }), 422, vocabulary + "#MALFORMED_VALUE_ERROR", "/credential/credentialSubject"},
		"a taken id":                   {issue, good(func(m map[string]any) { m["id"] = "urn:uuid:taken" }), 409, "credential-exists", "/credential/id"},
		"a status of ours": {issue, good(func(m map[string]any) {
			m["credentialStatus"] = map[string]any{"type": bitstringEntry, "statusPurpose": "revocation", "statusListIndex": "1",
				"statusListCredential": "https://center.example/status-lists/" + op.ID{}.String()}
		}), 422, vocabulary + "#MALFORMED_VALUE_ERROR", "/credential/credentialStatus/0"},
	} {
		t.Run(name, func(t *testing.T) {
			problem := c.call(t, "POST", test.path, test.body).WantProblem(t, test.status, test.kind)
			if got, _ := problem["pointer"].(string); got != test.pointer {
				t.Errorf("pointer %q, want %q: %v", got, test.pointer, problem)
			}
		})
	}
}

// TestMalformedBodiesAreRefusedAtOnce is reliability.md (3) 81.
func TestMalformedBodiesAreRefusedAtOnce(t *testing.T) {
	c := startIssuing(t)
	token := c.key(t, "admin")
	for name, body := range map[string]string{
		"empty":                  "",
		"deep":                   strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000),
		"a deep credential":      `{"verifiableCredential":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + "}",
		"many elements":          `{"verifiableCredential":[` + strings.Repeat("0,", 1_000_000) + "0]}",
		"NaN":                    `{"verifiableCredential":{"a":NaN}}`,
		"a byte order mark":      "\ufeff{}",
		"UTF-16":                 "\xff\xfe{\x00}\x00",
		"invalid UTF-8":          "{\"verifiableCredential\":\"\xc3\x28\"}",
		"a lone surrogate":       `{"verifiableCredential":"\ud800"}`,
		"a number beyond all":    `{"verifiableCredential":{"a":1e999}}`,
		"a member twice":         `{"verifiableCredential":{},"verifiableCredential":{}}`,
		"a member twice within":  `{"verifiableCredential":{"a":1,"a":2}}`,
		"members in other case":  `{"VerifiableCredential":{}}`,
		"more after the end":     `{"verifiableCredential":{}} {}`,
		"an array":               `[]`,
		"a credential as number": `{"verifiableCredential":7}`,
		"a null credential":      `{"verifiableCredential":null}`,
	} {
		for _, path := range []string{"/credentials/verify", "/vc-api/credentials/verify", "/issuers/demo/credentials/issue", "/credentials/issue", "/credentials/status", "/status-lists"} {
			t.Run(name+path, func(t *testing.T) {
				start := time.Now()
				answer := c.client.WithToken(token).Post(t, path, []byte(body)).Want(t, 400)
				if spent := time.Since(start); spent > 500*time.Millisecond {
					t.Errorf("took %v", spent)
				}
				if answer.Header.Get("Content-Type") != mediaProblem {
					t.Errorf("answered %s", answer.Body)
				}
			})
		}
	}
	c.client.WithToken(token).With("Content-Type", "text/plain").Post(t, "/credentials/verify", []byte("{}")).WantProblem(t, 400, "unsupported-content-type")
	c.client.With("Content-Type", "application/json").Post(t, "/credentials/verify", make([]byte, 11<<20)).WantProblem(t, 413, "body-too-large")
}

func TestVerifyOptionsAreReadExactly(t *testing.T) {
	c := startIssuing(t)
	credential := c.issue(t, "demo", "")
	for name, test := range map[string]struct {
		options any
		kind    string
		pointer string
	}{
		"unknown":            {map[string]any{"challenge": "x"}, problemUnknownOption, "/options/challenge"},
		"a flag as text":     {map[string]any{"returnResults": "true"}, "invalid-member", "/options/returnResults"},
		"another report":     {map[string]any{"report": "brief"}, "invalid-member", "/options/report"},
		"a time with offset": {map[string]any{"at": "2026-01-01T00:00:00+01:00"}, "invalid-member", "/options/at"},
		"a time as number":   {map[string]any{"at": 7}, "invalid-member", "/options/at"},
		"the future":         {map[string]any{"at": "2999-01-01T00:00:00Z"}, "invalid-member", "/options/at"},
		"an unknown check":   {map[string]any{"checks": []string{"proof", "magic"}}, "invalid-member", "/options/checks"},
		"a rule":             {map[string]any{"policy": map[string]any{"trust": "everyone"}}, "invalid-member", "/options/policy/trust"},
	} {
		t.Run(name, func(t *testing.T) {
			body := map[string]any{"verifiableCredential": credential, "options": test.options}
			problem := c.call(t, "POST", "/credentials/verify", body).WantProblem(t, 400, test.kind)
			if problem["pointer"] != test.pointer {
				t.Errorf("pointer %v", problem["pointer"])
			}
		})
	}
	plain := c.verify(t, credential, nil)
	if len(plain) != 1 || plain["verified"] != true {
		t.Errorf("without options the result is the verdict alone: %v", plain)
	}
	if got := c.call(t, "POST", "/credentials/verify", map[string]any{"verifiableCredential": credential}).Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control of a verdict is %q", got)
	}
}

func TestStatusRequestsAreReadExactly(t *testing.T) {
	c := startIssuing(t)
	c.issue(t, "demo", "urn:uuid:1")
	entry := func(changes ...any) map[string]any {
		m := map[string]any{"type": bitstringEntry, "statusPurpose": "revocation"}
		for i := 0; i < len(changes); i += 2 {
			m[changes[i].(string)] = changes[i+1]
		}
		return m
	}
	url := "https://center.example/status-lists/" + op.ID{1}.String()
	for name, test := range map[string]struct {
		body    map[string]any
		status  int
		pointer string
	}{
		"no entry":               {map[string]any{"credentialId": "urn:uuid:1", "status": true}, 400, "/credentialStatus"},
		"no status":              {map[string]any{"credentialId": "urn:uuid:1", "credentialStatus": entry()}, 400, "/status"},
		"a status as text":       {map[string]any{"credentialId": "urn:uuid:1", "credentialStatus": entry(), "status": "1"}, 400, "/status"},
		"another type":           {map[string]any{"credentialId": "urn:uuid:1", "credentialStatus": entry("type", "Other"), "status": true}, 400, "/credentialStatus/type"},
		"an owner":               {map[string]any{"credentialId": "urn:uuid:1", "credentialStatus": entry(), "status": true, "owner": "me"}, 400, "/owner"},
		"an index without list":  {map[string]any{"credentialStatus": entry("statusListIndex", "1"), "status": true}, 400, "/credentialStatus"},
		"an index like 1e3":      {map[string]any{"credentialStatus": entry("statusListIndex", "1e3", "statusListCredential", url), "status": true}, 400, "/credentialStatus/statusListIndex"},
		"a negative index":       {map[string]any{"credentialStatus": entry("statusListIndex", "-1", "statusListCredential", url), "status": true}, 400, "/credentialStatus/statusListIndex"},
		"an index beyond 2^63":   {map[string]any{"credentialStatus": entry("statusListIndex", "9223372036854775808", "statusListCredential", url), "status": true}, 400, "/credentialStatus/statusListIndex"},
		"an unknown list":        {map[string]any{"credentialStatus": entry("statusListIndex", "1", "statusListCredential", url), "status": true}, 404, ""},
		"an unknown credential":  {map[string]any{"credentialId": "urn:uuid:9", "credentialStatus": entry(), "status": true}, 404, "/credentialId"},
		"nothing named":          {map[string]any{"credentialStatus": entry(), "status": true}, 400, "/credentialId"},
		"a purpose it has not":   {map[string]any{"credentialId": "urn:uuid:1", "credentialStatus": entry("statusPurpose", "message"), "status": true}, 400, "/credentialStatus"},
		"a purpose as number":    {map[string]any{"credentialId": "urn:uuid:1", "credentialStatus": entry("statusPurpose", 5), "status": true}, 400, "/credentialStatus/statusPurpose"},
		"a credentialId as list": {map[string]any{"credentialId": []any{}, "credentialStatus": entry(), "status": true}, 400, "/credentialId"},
	} {
		t.Run(name, func(t *testing.T) {
			answer := c.call(t, "POST", "/credentials/status", test.body).Want(t, test.status)
			if got, _ := answer.JSON(t)["pointer"].(string); test.pointer != "" && got != test.pointer {
				t.Errorf("pointer %q, want %q", got, test.pointer)
			}
		})
	}
}

// oneIssuerReachesNoOther: a key for what demo issued reaches nothing of another issuer, by whatever address.
func (c *issuingCenter) oneIssuerReachesNoOther(t *testing.T) {
	t.Helper()
	c.issue(t, "eddsa-jcs-2022", "urn:uuid:other")
	entry := c.call(t, "GET", "/credentials/urn:uuid:other", nil).Want(t, 200).JSON(t)["credentialStatus"].([]any)[0].(map[string]any)
	key := c.client.WithToken(c.key(t, "write:/issuers/demo/credentials/status", "read:/issuers/demo/credentials", "write:/issuers/demo/credentials"))
	purpose := map[string]any{"type": bitstringEntry, "statusPurpose": entry["statusPurpose"]}
	for _, body := range []map[string]any{
		{"credentialId": "urn:uuid:other", "credentialStatus": purpose, "status": true, "issuer": "demo"},
		{"credentialStatus": entry, "status": true, "issuer": "demo"},
		{"credentialId": "urn:uuid:1", "credentialStatus": entry, "status": true, "issuer": "demo"},
	} {
		key.Post(t, "/credentials/status", body).WantProblem(t, 404, "not-found")
		body["issuer"] = "eddsa-jcs-2022"
		key.Post(t, "/credentials/status", body).WantProblem(t, 403, "forbidden")
		delete(body, "issuer")
		key.Post(t, "/credentials/status", body).WantProblem(t, 403, "forbidden")
	}
	for _, method := range []string{"GET", "DELETE"} {
		key.Do(t, method, "/credentials/urn:uuid:other?issuer=demo", nil).WantProblem(t, 404, "not-found")
		key.Do(t, method, "/credentials/urn:uuid:other?issuer=eddsa-jcs-2022", nil).WantProblem(t, 403, "forbidden")
		key.Do(t, method, "/credentials/urn:uuid:other", nil).WantProblem(t, 403, "forbidden")
		key.Do(t, method, "/credentials/urn:uuid:1?issuer=demo%2Fcredentials", nil).WantProblem(t, 403, "forbidden")
	}
}

func TestEveryProtectedCallNeedsItsOwnScope(t *testing.T) {
	c := startIssuing(t)
	c.issue(t, "demo", "urn:uuid:1")
	issueBody := func(issuer string) any { return map[string]any{"credential": c.diploma(issuer, "")} }
	statusBody := map[string]any{"credentialId": "urn:uuid:1", "credentialStatus": map[string]any{"type": bitstringEntry, "statusPurpose": "suspension"}, "status": true}
	ofDemo := maps.Clone(statusBody)
	ofDemo["issuer"] = "demo"
	calls := map[string]struct {
		method, path string
		body         any
		scope        string
		status       int
	}{
		"issue as":       {"POST", "/issuers/demo/credentials/issue", issueBody("demo"), "write:/issuers/demo/credentials/issue", 201},
		"issue":          {"POST", "/credentials/issue", issueBody("demo"), "write:/issuers/demo/credentials/issue", 201},
		"issue, any":     {"POST", "/credentials/issue", issueBody("eddsa-jcs-2022"), "write:/credentials/issue", 201},
		"status":         {"POST", "/credentials/status", statusBody, "write:/credentials/status", 200},
		"list":           {"POST", "/status-lists", map[string]any{"issuer": "demo", "statusPurpose": "revocation"}, "write:/status-lists", 200},
		"read":           {"GET", "/credentials/urn:uuid:1", nil, "read:/credentials", 200},
		"status of one":  {"POST", "/credentials/status", ofDemo, "write:/issuers/demo/credentials/status", 200},
		"read of one":    {"GET", "/credentials/urn:uuid:1?issuer=demo", nil, "read:/issuers/demo/credentials", 200},
		"older issue as": {"POST", "/vc-api/issuers/demo/credentials/issue", issueBody("demo"), "write:/issuers/demo/credentials/issue", 201},
		"older status":   {"POST", "/vc-api/credentials/status", statusBody, "write:/credentials/status", 200},
	}
	wrong := c.key(t, "write:/issuers/other/credentials/issue", "read:/credentials/status", "write:/credentials/verify")
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			anonymous := c.client.Do(t, call.method, call.path, call.body)
			anonymous.WantProblem(t, 401, "unauthorised")
			if anonymous.Header.Get("WWW-Authenticate") == "" {
				t.Error("401 without WWW-Authenticate")
			}
			c.client.WithToken(wrong).Do(t, call.method, call.path, call.body).WantProblem(t, 403, "forbidden")
			c.client.WithToken(c.key(t, call.scope)).Do(t, call.method, call.path, call.body).Want(t, call.status)
		})
	}
	c.oneIssuerReachesNoOther(t)
	crossing := c.key(t, "write:/issuers/demo/credentials/issue")
	c.client.WithToken(crossing).Post(t, "/credentials/issue", issueBody("eddsa-jcs-2022")).WantProblem(t, 403, "forbidden")
	c.client.WithToken(crossing).Post(t, "/issuers/eddsa-jcs-2022/credentials/issue", issueBody("eddsa-jcs-2022")).WantProblem(t, 403, "forbidden")
}

func TestACenterWithoutIssuersOrVerifierSaysSo(t *testing.T) {
	c := &issuingCenter{center: startCenter(t)}
	empty := map[string]any{"credential": map[string]any{"issuer": "did:example:x"}}
	c.call(t, "POST", "/issuers/demo/credentials/issue", empty).WantProblem(t, 503, "unavailable")
	c.call(t, "POST", "/credentials/issue", empty).WantProblem(t, 503, "unavailable")
	c.call(t, "POST", "/credentials/verify", map[string]any{"verifiableCredential": "x"}).WantProblem(t, 503, "unavailable")
	c.call(t, "POST", "/credentials/status", map[string]any{}).WantProblem(t, 503, "unavailable")
	c.call(t, "POST", "/status-lists", map[string]any{}).WantProblem(t, 503, "unavailable")
	c.call(t, "GET", "/status-lists/"+op.ID{}.String(), nil).WantProblem(t, 503, "unavailable")
	c.call(t, "GET", "/credentials/x", nil).WantProblem(t, 503, "unavailable")
}
