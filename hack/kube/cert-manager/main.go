// cert-manager's controllers for certificates that its CA issuer signs, in one process: what
// hack/bench/bench.sh measures beside Duplicert. The controllers are those of the module, with the
// settings that its own binary has by default; its main package is in a module of its own that
// cannot be fetched. Left out are the controllers that such certificates do not pass through (ACME,
// Vault, Venafi, CertificateSigningRequests, Ingress), leader election and the webhook.
//
// usage: cert-manager KUBECONFIG METRICS_ADDRESS [WORKERS]
package main

import (
	"context"
	"log"
	"net"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/cert-manager/cert-manager/pkg/controller"
	"github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/approver"
	"github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/ca"
	"github.com/cert-manager/cert-manager/pkg/controller/certificates/issuing"
	"github.com/cert-manager/cert-manager/pkg/controller/certificates/keymanager"
	"github.com/cert-manager/cert-manager/pkg/controller/certificates/metrics"
	"github.com/cert-manager/cert-manager/pkg/controller/certificates/readiness"
	"github.com/cert-manager/cert-manager/pkg/controller/certificates/requestmanager"
	"github.com/cert-manager/cert-manager/pkg/controller/certificates/revisionmanager"
	"github.com/cert-manager/cert-manager/pkg/controller/certificates/trigger"
	"github.com/cert-manager/cert-manager/pkg/controller/issuers"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/ca"
)

var names = []string{
	approver.ControllerName, ca.CRControllerName, issuing.ControllerName,
	keymanager.ControllerName, metrics.ControllerName, readiness.ControllerName,
	requestmanager.ControllerName, revisionmanager.ControllerName, trigger.ControllerName,
	issuers.ControllerName,
}

func options(kubeconfig string) controller.ContextOptions {
	return controller.ContextOptions{
		Kubeconfig:         kubeconfig,
		KubernetesAPIQPS:   20,
		KubernetesAPIBurst: 50,
		IssuerOptions:      controller.IssuerOptions{ClusterResourceNamespace: "bench"},
		CertificateOptions: controller.CertificateOptions{
			CopiedAnnotationPrefixes: []string{"*", "-kubectl.kubernetes.io/", "-fluxcd.io/",
				"-argocd.argoproj.io/"},
			CertificateRequestMinimumBackoffDuration: time.Hour,
			CertificateRequestMaximumBackoffDuration: 32 * time.Hour,
		},
	}
}

func run(ctx context.Context, kubeconfig, metricsAddress string, workers int) error {
	factory, err := controller.NewContextFactory(ctx, options(kubeconfig))
	if err != nil {
		return err
	}
	var running sync.WaitGroup
	for _, name := range names {
		made, err := controller.Known()[name](factory)
		if err != nil {
			return err
		}
		running.Add(1)
		go func() {
			defer running.Done()
			if err := made.Run(workers, ctx); err != nil {
				log.Printf("%s: %v", name, err)
			}
		}()
	}
	base, err := factory.Build()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", metricsAddress)
	if err != nil {
		return err
	}
	go func() { _ = base.Metrics.NewServer(listener).Serve(listener) }()
	base.SharedInformerFactory.Start(ctx.Done())
	base.KubeSharedInformerFactory.Start(ctx.Done())
	running.Wait()
	return nil
}

func main() {
	if len(os.Args) < 3 {
		log.Fatal("usage: cert-manager KUBECONFIG METRICS_ADDRESS [WORKERS]")
	}
	workers := 5
	if len(os.Args) > 3 {
		workers, _ = strconv.Atoi(os.Args[3])
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1], os.Args[2], workers); err != nil {
		log.Fatal(err)
	}
}
