package api

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/api/cache"
)

// Challenges of this league's centers: a beginning that tells them from those that a verifier makes for itself, and 192 random bits.
const (
	challengePrefix = "hanse-"
	challengeBytes  = 24
	challengeLife   = 5 * time.Minute
)

// errChallengeUsed says that a challenge of ours is no longer there: it was used, has expired, or was never issued.
var errChallengeUsed = errors.New("challenge is used or has expired")

// challenges issues challenges and takes each once, of any number of replicas: they are one-time values of the cache, which lives
// in Redis where the center has one and else in this process.
type challenges struct {
	store func() (*cache.Cache, error)
}

// newChallenges keeps challenges in a shared cache, or where there is none in one of the server's own, made when it is needed.
func newChallenges(shared *cache.Cache) *challenges {
	if shared != nil {
		return &challenges{store: func() (*cache.Cache, error) { return shared, nil }}
	}
	return &challenges{store: sync.OnceValues(func() (*cache.Cache, error) { return cache.New(cache.Options{MaxBytes: 1 << 20}) })}
}

// issue returns a new challenge. An error means that it could not be kept, so that nobody could use it.
func (s *challenges) issue(ctx context.Context) (string, error) {
	store, err := s.store()
	if err != nil {
		return "", err
	}
	var random [challengeBytes]byte
	if _, err := rand.Read(random[:]); err != nil {
		return "", err
	}
	challenge := challengePrefix + base64.RawURLEncoding.EncodeToString(random[:])
	return challenge, store.Put(ctx, challengeKey(challenge), nil, challengeLife)
}

// take uses a challenge up. One that is not ours is its verifier's own business. Errors: errChallengeUsed, or that the store does
// not answer, which means no.
func (s *challenges) take(ctx context.Context, challenge string) error {
	if !strings.HasPrefix(challenge, challengePrefix) {
		return nil
	}
	store, err := s.store()
	if err != nil {
		return err
	}
	_, err = store.Take(ctx, challengeKey(challenge))
	if errors.Is(err, cache.ErrAbsent) {
		return errChallengeUsed
	}
	return err
}

func challengeKey(challenge string) string { return "challenge/" + challenge }

// createChallenge answers POST /challenges. A body says nothing, and is not read.
func (a credentialAPI) createChallenge(c echo.Context) error {
	challenge, err := a.challenges.issue(c.Request().Context())
	if err != nil {
		return unavailable("no challenge can be kept at the moment", err)
	}
	c.Response().Header().Set(echo.HeaderCacheControl, cacheNever)
	return writeJSON(c, http.StatusOK, mediaJSON, map[string]string{"challenge": challenge})
}
