package credentials

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/did/keys"
)

// deciderFunc is a decider made of a function.
type deciderFunc func(q DeciderQuery) (Verdict, error)

func (f deciderFunc) Decide(_ context.Context, q DeciderQuery) (Verdict, error) { return f(q) }

func TestTheDeciderHasTheLastWord(t *testing.T) {
	everyForm(t, func(t *testing.T, issuer *Issuer) {
		body := issue(t, issuer, degree(issuer.DID, nil)).Body
		for name, test := range map[string]struct {
			verdict  Verdict
			err      error
			outcome  Outcome
			problem  string
			decision Decision
		}{
			"yes":       {Verdict{Accept: true, Reason: "known"}, nil, Pass, "", Accept},
			"no":        {Verdict{Reason: "unwelcome"}, nil, Fail, ProblemNotAccepted, Reject},
			"no answer": {Verdict{}, errors.New("away"), Fail, ProblemNotAccepted, Reject},
			"both":      {Verdict{Accept: true}, errors.New("away"), Fail, ProblemNotAccepted, Reject},
		} {
			v := newVerifier()
			v.Decider = deciderFunc(func(q DeciderQuery) (Verdict, error) {
				if d := cmp.Diff(issuer.DID.String(), q.Credential["issuer"]); d != "" || q.Report.Decision != Accept {
					t.Errorf("%s: asked about %s with %s", name, d, q.Report.Decision)
				}
				if _, has := q.Report.Check(CheckPolicy); has {
					t.Errorf("%s: the report has the decider's own check already", name)
				}
				return test.verdict, test.err
			})
			report := verifyWith(t, v, body, VerifyOptions{Checks: []string{ChecksProof}})
			c := want(t, report, CheckPolicy, test.outcome, test.problem)
			if test.err == nil && c.Note != test.verdict.Reason && (c.Problem == nil || c.Problem.Detail != test.verdict.Reason) {
				t.Errorf("%s: the reason is lost: %+v", name, c)
			}
			wantDecision(t, report, test.decision)
		}
	})
}

func TestNobodyIsAskedAboutWhatIsNotAccepted(t *testing.T) {
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	good := issue(t, issuer, withStatus(issuer)).Body
	v := newVerifier()
	v.Decider = deciderFunc(func(DeciderQuery) (Verdict, error) {
		t.Error("asked")
		return Verdict{Accept: true}, nil
	})
	v.Status = statusFunc(func(StatusQuery) (StatusResult, error) { return StatusResult{Value: 1}, nil })
	for name, report := range map[string]*Report{
		"revoked":       verify(t, v, good),
		"past":          verifyWith(t, v, good, VerifyOptions{At: noon.AddDate(-10, 0, 0), Checks: nil}),
		"no credential": verify(t, v, []byte("nonsense")),
		"not decided": func() *Report {
			away := *v
			away.Status = nil
			return verify(t, &away, good)
		}(),
	} {
		if c := want(t, report, CheckPolicy, Skip, ""); c.Note == "" || report.Decision == Accept {
			t.Errorf("%s: %+v, %s", name, c, report.Decision)
		}
	}
}

// service answers a decider's question with a handler.
func service(t *testing.T, budget time.Duration, handler http.HandlerFunc) *HTTPDecider {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	d, err := NewHTTPDecider(server.URL+"/policy?a=b", budget, server.Client().Transport)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestAServiceIsAskedInJSON(t *testing.T) {
	issuer := newIssuer(t, FormEdDSAJCS, keys.EdDSA)
	body := issue(t, issuer, degree(issuer.DID, map[string]any{"credentialSubject": map[string]any{"id": "did:example:a", "age": json.Number("12.50")}})).Body
	v := newVerifier()
	v.Decider = service(t, 0, func(w http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost || r.URL.RequestURI() != "/policy?a=b" || r.Header.Get("Content-Type") != "application/json" || r.Header.Get("Authorization") != "" {
			t.Errorf("asked with %s %s, %v, %v", r.Method, r.URL, r.Header, err)
		}
		question := parseJSON(t, text)
		report := question["report"].(map[string]any)
		if d := cmp.Diff(parseJSON(t, body), question["credential"]); d != "" || report["decision"] != "accept" || len(question) != 2 {
			t.Errorf("%s, %v", d, report)
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		_, _ = io.WriteString(w, `{"accept":true,"reason":"welcome"}`)
	})
	if c := want(t, verify(t, v, body), CheckPolicy, Pass, ""); c.Note != "welcome" {
		t.Errorf("%+v", c)
	}
}

func TestEveryOtherAnswerIsANo(t *testing.T) {
	answer := func(status int, media, text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			if media != "" {
				w.Header().Set("Content-Type", media)
			}
			w.WriteHeader(status)
			_, _ = io.WriteString(w, text)
		}
	}
	yes := `{"accept":true}`
	for name, handler := range map[string]http.HandlerFunc{
		"refused":          answer(200, mediaJSON, `{"accept":false}`),
		"an error":         answer(500, mediaJSON, yes),
		"created":          answer(201, mediaJSON, yes),
		"no content":       answer(204, mediaJSON, ""),
		"other media":      answer(200, "text/plain", yes),
		"empty":            answer(200, mediaJSON, ""),
		"no JSON":          answer(200, mediaJSON, "yes"),
		"a list":           answer(200, mediaJSON, `[true]`),
		"neither":          answer(200, mediaJSON, `{}`),
		"null":             answer(200, mediaJSON, `{"accept":null}`),
		"a word":           answer(200, mediaJSON, `{"accept":"true"}`),
		"another member":   answer(200, mediaJSON, `{"accept":true,"until":"tomorrow"}`),
		"twice":            answer(200, mediaJSON, `{"accept":false,"accept":true}`),
		"something behind": answer(200, mediaJSON, yes+yes),
		"too much":         answer(200, mediaJSON, strings.Repeat(" ", maxVerdict)+yes),
		"a redirect": func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/elsewhere" {
				answer(200, mediaJSON, yes)(w, r)
				return
			}
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		},
		"half an answer": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", mediaJSON)
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, yes)
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := service(t, 5*time.Second, handler)
			verdict, err := d.Decide(t.Context(), DeciderQuery{Report: &Report{}})
			if verdict.Accept && err == nil {
				t.Fatal("taken for a yes")
			}
			if err != nil && strings.Contains(err.Error(), "127.0.0.1") {
				t.Errorf("the error tells where the service is: %v", err)
			}
		})
	}
}

const mediaJSON = "application/json"

func TestAServiceThatIsLateSaysNo(t *testing.T) {
	for _, where := range []string{"header", "body"} {
		d := service(t, 20*time.Millisecond, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // the end of the connection is only seen by who reads
			if where == "body" {
				w.Header().Set("Content-Type", mediaJSON)
				_, _ = io.WriteString(w, `{"accept":`)
				w.(http.Flusher).Flush()
			}
			<-r.Context().Done()
		})
		_, err := d.Decide(t.Context(), DeciderQuery{Report: &Report{}})
		if err == nil || !strings.Contains(err.Error(), "within 20ms") {
			t.Errorf("%s: %v", where, err)
		}
	}
}

// A service that stands a few questions at a time decides a whole batch: the others wait their turn, outside of their budget.
func TestAServiceIsNotAskedMoreThanItCanAnswer(t *testing.T) {
	const questions = 64
	var asking, most, connections atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer asking.Add(-1)
		now := asking.Add(1)
		for top := most.Load(); now > top && !most.CompareAndSwap(top, now); top = most.Load() {
		}
		_, _ = io.Copy(io.Discard, r.Body)
		time.Sleep(100 * time.Millisecond) // what it takes to decide
		w.Header().Set("Content-Type", mediaJSON)
		_, _ = io.WriteString(w, `{"accept":true}`)
	}))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	d, err := NewHTTPDecider(server.URL, 600*time.Millisecond, nil) // less than all of them take
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for range questions {
		wait.Go(func() {
			if v, err := d.Decide(t.Context(), DeciderQuery{Report: &Report{}}); err != nil || !v.Accept {
				t.Errorf("%+v, %v", v, err)
			}
		})
	}
	wait.Wait()
	if most.Load() > maxAsked || connections.Load() > maxAsked {
		t.Errorf("%d questions at once over %d connections", most.Load(), connections.Load())
	}
}

func TestAQuestionWaitsForItsTurnNoLongerThanItsVerification(t *testing.T) {
	d := service(t, 5*time.Second, func(http.ResponseWriter, *http.Request) { t.Error("asked") })
	for range maxAsked {
		d.turns <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if v, err := d.Decide(ctx, DeciderQuery{Report: &Report{}}); err == nil || v.Accept || !strings.Contains(err.Error(), "other questions") {
		t.Errorf("%+v, %v", v, err)
	}
}

func TestAnUnusableServiceIsNotConfigured(t *testing.T) {
	for _, test := range []struct {
		url    string
		budget time.Duration
		ok     bool
	}{
		{"http://localhost:1/a", 0, true}, {"https://policy.example", maxDecision, true}, {"", 0, false}, {"policy.example", 0, false}, {"/a", 0, false},
		{"ftp://a.example", 0, false}, {"https://a:b@a.example", 0, false}, {"https://a.example#b", 0, false},
		{"https://a.example", -1, false}, {"https://a.example", maxDecision + 1, false},
	} {
		d, err := NewHTTPDecider(test.url, test.budget, nil)
		if (err == nil) != test.ok || err != nil && !errors.Is(err, ErrDecider) {
			t.Errorf("%+v: %v", test, err)
		}
		if test.ok && test.budget == 0 && d.budget != DefaultDecisionTime {
			t.Errorf("%s without a budget", d.budget)
		}
	}
}

// FuzzVerdict reads answers: what is read says the same when it is written again.
func FuzzVerdict(f *testing.F) {
	f.Add([]byte(`{"accept":true,"reason":"a"}`))
	f.Add([]byte(`{"accept":false}`))
	f.Add([]byte(`{"reason":"a"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		verdict, err := readVerdict(text)
		if err != nil {
			return
		}
		again, err := readVerdict(toJSON(t, map[string]any{"accept": verdict.Accept, "reason": verdict.Reason}))
		if d := cmp.Diff(verdict, again); d != "" || err != nil {
			t.Errorf("%s, %v", d, err)
		}
	})
}
