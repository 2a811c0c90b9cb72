package cache

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Redis is an L2 in Redis 6.2 or newer: one server, Sentinel, or Cluster. It connects when it is first used, and again
// by itself whenever the connection is lost.
type Redis struct {
	client redis.UniversalClient
}

// The client neither retries nor waits long: a guard, whose much shorter timeout comes with the context, decides what to
// do about failures.
const (
	redisDial    = 500 * time.Millisecond
	redisIO      = time.Second
	redisPool    = 32
	redisMaxIdle = 5 * time.Minute
)

// NewRedis returns the store that a URL names, without connecting: "redis://user:password@host:port/db", "rediss://"
// for TLS, several hosts separated by commas for Cluster ("?cluster=true" for one seed), "?master_name=m" for Sentinel.
// Errors do not repeat the URL, which may hold a password.
func NewRedis(rawURL string) (*Redis, error) {
	options, err := parseRedisURL(rawURL)
	if err != nil {
		return nil, err
	}
	silence()
	return &Redis{client: redis.NewUniversalClient(options)}, nil
}

// silence keeps the client from writing a line to stderr for every failed connection: failures are returned, and Stats
// counts them. The client's logger is global to the process.
var silence = sync.OnceFunc(func() { redis.SetLogger(silent{}) })

type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}

func parseRedisURL(rawURL string) (*redis.UniversalOptions, error) {
	hosts, oneHost := splitHosts(rawURL)
	u, err := url.Parse(oneHost)
	if err != nil || (u.Scheme != "redis" && u.Scheme != "rediss") {
		return nil, errors.New("not a Redis URL (redis://host:port/db)")
	}
	query := u.Query()
	master, cluster := query.Get("master_name"), query.Get("cluster") == "true"
	query.Del("master_name")
	query.Del("cluster")
	if len(query) > 0 {
		return nil, errors.New("redis URL has parameters other than master_name and cluster")
	}
	u.RawQuery = ""
	single, err := redis.ParseURL(u.String())
	if err != nil {
		return nil, errors.New("redis URL has an invalid host or database number")
	}
	addrs := []string{single.Addr}
	if len(hosts) > 1 {
		addrs = hosts
	}
	for _, a := range addrs {
		if a == "" {
			return nil, fmt.Errorf("redis URL has an empty host among %d", len(addrs))
		}
	}
	return &redis.UniversalOptions{
		Addrs:                 addrs,
		DB:                    single.DB,
		Username:              single.Username,
		Password:              single.Password,
		TLSConfig:             single.TLSConfig,
		MasterName:            master,
		IsClusterMode:         cluster,
		Protocol:              2,
		DisableIdentity:       true,
		ContextTimeoutEnabled: true,
		DialTimeout:           redisDial,
		DialerRetries:         1,
		ReadTimeout:           redisIO,
		WriteTimeout:          redisIO,
		PoolTimeout:           redisIO,
		MaxRetries:            -1,
		PoolSize:              redisPool,
		MaxActiveConns:        redisPool,
		PipelinePoolSize:      -1,
		ConnMaxIdleTime:       redisMaxIdle,
		MaintNotificationsConfig: &maintnotifications.Config{
			Mode: maintnotifications.ModeDisabled,
		},
	}, nil
}

// splitHosts takes the list of hosts out of a URL, and returns the URL with the first of them alone: several hosts with
// ports are no valid authority.
func splitHosts(rawURL string) (hosts []string, oneHost string) {
	scheme, rest, ok := strings.Cut(rawURL, "://")
	if !ok {
		return nil, rawURL
	}
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	start := strings.LastIndexByte(rest[:end], '@') + 1
	hosts = strings.Split(rest[start:end], ",")
	return hosts, scheme + "://" + rest[:start] + hosts[0] + rest[end:]
}

// Get implements L2.
func (r *Redis) Get(ctx context.Context, key string) ([]byte, error) {
	return bytesOrNil(r.client.Get(ctx, key).Bytes())
}

// Set implements L2.
func (r *Redis) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	if ttl < time.Millisecond { // Redis would keep it for ever
		return r.client.Del(ctx, key).Err()
	}
	return r.client.Set(ctx, key, value, ttl).Err()
}

// Take implements L2.
func (r *Redis) Take(ctx context.Context, key string) ([]byte, error) {
	return bytesOrNil(r.client.GetDel(ctx, key).Bytes())
}

// Close implements L2.
func (r *Redis) Close() error { return r.client.Close() }

func bytesOrNil(value []byte, err error) ([]byte, error) {
	if errors.Is(err, redis.Nil) {
		return nil, nil
	}
	return value, err
}
