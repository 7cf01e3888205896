import type { Catalogue } from "./en";
import { formats, twoSided } from "./format";

const { count, counts, decimal, p, percent } = formats("ko");
const reasons = (failures: Record<string, number>) =>
    Object.entries(failures)
        .map(([reason, times]) => `${reason} ${count(times)}건`)
        .join(", ");

/** The terms are those of Kubernetes' Korean documentation: https://kubernetes.io/ko/docs/ */
export const ko: Catalogue = {
    command: {
        description: "로드 밸런싱 실험. 저마다 예측하고, 스택에서 측정하고, 판정을 내린다.",
        titles: {
            "Usage:": "사용법:",
            "Options:": "옵션:",
            "Global Options:": "모든 실험에 쓰는 옵션:",
            "Commands:": "실험:",
        },
        byDefault: (value) => `기본값: ${value}`,
        help: "이 도움말을 보여 준다",
        stack: (fallback) => `스택(기본값: $PULUMI_STACK 또는 ${fallback})`,
        lang: "출력 언어: en 또는 ko",
        json: "보고서를 프로그램이 읽는 JSON으로 출력한다",
        predict: "먼저 내 예상을 묻고, 결과와 나란히 보여 준다",
        out: "보고서를 reports/ 대신 저장할 폴더",
        between: (least, most) => `${count(least)}~${count(most)}`,
        list: "실험 목록. 모두 자기 클러스터에서 측정하고, 클러스터를 원래대로 돌려놓는다.",
        more: (example, help) => `예: ${example}\n정할 수 있는 것: ${help}`,
        unknown: (name, all) => `그런 실험은 없다: ${name}. 있는 실험: ${all.join(", ")}`,
        wholeNumber: (least, most) => `${least}부터 ${most}까지의 정수여야 한다.`,
    },
    run: {
        question: "질문",
        prediction: "예측",
        guessPrompt: "어떻게 될 것 같은가?",
        guessAsk: (most) => `1부터 ${most}까지의 번호를 입력한다: `,
        guessMissing: "--predict는 예상을 묻는데 입력이 없었다. 터미널에서 실행하거나 --predict를 빼고 실행한다.",
        guess: "내 예상",
        outcome: "결과",
        outcomeUnknown: "알 수 없었다",
        guessRight: "예상이 맞았다.",
        guessWrong: "예상이 빗나갔다. 실험은 그래서 하는 것이다.",
        verdict: "판정",
        remarks: "참고",
        predictionResult: {
            confirmed: "예측대로였다.",
            refuted: "예측과 달랐다.",
            undecided: "예측이 맞는지 알 수 없었다.",
        },
        report: (path) => `보고서: ${path}`,
        interrupted: "멈추었다. 보고서는 쓰지 않았고, 스택은 원래대로다.",
        restoring: "멈추고 스택을 원래대로 돌려놓는 중이다.",
        restoreFailed: (what, reason, command) =>
            `${what}: 지우지 못했다. 이유: ${reason}\n다음 실험이 다시 지운다. 직접 지우려면: ${command}`,
        recovered: "이전 실행이 중간에 끊겼다.",
        removed: (what) => `이전 실행이 남긴 것을 지웠다: ${what}`,
        progressOf: (what, done, all) => `${what} ${count(done)}/${count(all)}`,
    },
    report: {
        title: (name, stack) => `${name}: 스택 ${stack}의 실험`,
        subtitle: "로드 밸런싱 실험",
        command: "명령",
        stack: "스택",
        cluster: "클러스터",
        time: "시각",
        took: "걸린 시간",
        seconds: (value) => `${decimal(value)}초`,
        figures: "같은 수치가 이 파일 옆의 report.json에 있다.",
        results: { confirmed: "맞다", refuted: "틀리다", undecided: "알 수 없다" },
        expectedRange: "점선 사이: 우연의 범위",
    },
    claimLine: {
        confirmed: (claim) => `수업에서는 "${claim}"라고 한다: 맞다.`,
        refuted: (claim) => `수업에서는 "${claim}"라고 한다: 틀리다.`,
        undecided: (claim) => `수업에서는 "${claim}"라고 한다: 이번 측정으로는 알 수 없다.`,
    },
    faults: {
        notUp: (stack, up) => `스택 ${stack}: 올라와 있지 않다. 올리려면: ${up}`,
        others: (names, example) => `있는 스택: ${names.join(", ")}. 그중 하나로 하려면, 예: ${example}`,
        unfinished: (stack, up) => `스택 ${stack}: 아직 다 올라오지 않았다. 마저 올리려면: ${up}`,
        clusterGone: (cluster, up) => `클러스터 ${cluster}: 더 이상 없다. 다시 만들려면: ${up}`,
        nodesStopped: (nodes, up) => `클러스터의 노드가 멈춰 있다: ${nodes.join(", ")}. 시작하려면: ${up}`,
        running: (process) =>
            `이 스택에서 다른 실험이 실행 중이다(프로세스 ${process}). 둘을 동시에 하면 서로의 요청까지 세게 된다. 끝날 때까지 기다린다.`,
        noAnswer: (url, reason, pods, up) =>
            `${url}: 제대로 응답하지 않는다. 이유: ${reason}. 파드를 살펴보려면: ${pods}\n빠진 것을 고치려면: ${up}`,
        namelessAnswer: (url, up) =>
            `${url}: 응답은 하지만 어느 파드인지 알려 주지 않는다. 스택을 새 버전으로 올리려면: ${up}`,
        addressUnreachable: (address, other) =>
            `Docker가 가상 머신에서 돌기 때문에 이 컴퓨터에서는 ${address} 같은 클러스터의 외부 주소에 닿을 수 없다. ` +
            `인그레스를 거치는 것은 측정할 수 있다: ${other}`,
        notAnnounced: (address, status, up) =>
            `${address}: 이 주소를 알리는 노드가 없다. MetalLB의 상태를 보려면: ${status}\n빠진 것을 고치려면: ${up}`,
        noFreeAddress: (services, up) =>
            `실험용 서비스가 30초 안에 주소를 받지 못했다. 주소 풀이 바닥났을 수 있다. 누가 주소를 쓰는지 보려면: ${services}\n` +
            `addressPool을 넓힌 다음: ${up}`,
        unknownMode: (node, said, up) => `노드 ${node}의 kube-proxy가 모드 대신 "${said}"라고 답한다. 고치려면: ${up}`,
        tooFewPods: (service, pods, scale) =>
            `서비스 ${service}에 준비된 파드가 ${count(pods)}개뿐이라 고를 것이 없다. 파드를 늘리려면: ${scale}`,
        affinityNeedsWeb: (example) => `--affinity는 kube-proxy만의 기능이므로 --to web과 함께 쓴다: ${example}`,
        noApacheBench:
            "Apache Bench(ab)가 설치되어 있지 않다. Debian과 Ubuntu에서는 sudo apt-get install apache2-utils로 설치한다. macOS에는 이미 있다.",
        folderUnusable: (path) => `${path}: 그런 폴더가 없거나 쓸 수 없다.`,
        notServed: (command) =>
            `20초가 지나도 인그레스가 실험용 인그레스의 경로에 응답하지 않는다. 어떤 인그레스가 있는지 보려면: ${command}`,
        noCommand: (node, command) => `노드 ${node}에 ${command} 프로그램이 없어서 알 수 없다.`,
        kubectl: (reason, doctor) => `클러스터가 요청한 일을 하지 않는다: ${reason}\n원인을 찾으려면: ${doctor}`,
    },
    progress: {
        asking: (url) => `${url}에 요청하는 중`,
        stickyService: "세션 어피니티를 쓰는 실험용 서비스를 만드는 중",
        oneByOne: (requests) => `요청 ${count(requests)}개를 하나씩 차례로, 저마다 새 연결로 보내는 중`,
        onOneConnection: (requests) => `요청 ${count(requests)}개를 하나씩 차례로, 연결 하나로 보내는 중`,
        ceiling: "이 컴퓨터가 얼마나 보낼 수 있는지 재는 중",
        atOnce: (requests, concurrency) => `요청 ${count(requests)}개를 동시에 ${count(concurrency)}개씩 보내는 중`,
        apacheBench: (requests, concurrency) =>
            `Apache Bench로 요청 ${count(requests)}개를 동시에 ${count(concurrency)}개씩 보내는 중`,
        logs: "로그를 읽는 중",
    },
    checks: {
        pod: "파드",
        heading: {
            requests: "교차 확인: 파드별 요청 수",
            connections: "교차 확인: 파드별 연결 수",
        },
        agree: "센 결과가 모두 같다.",
        agreeButForUnused: (connections) =>
            `센 결과가 맞는다. Apache Bench는 요청을 보내지 않을 연결을 ${count(connections)}개까지 더 여는데, 이는 커널만 본다.`,
        differ: "센 결과가 서로 다르다. 다른 누군가가 요청을 보냈거나, 실패한 요청이 있을 수 있다.",
        single: "센 곳이 하나뿐이라 견줄 것이 없다.",
        distrust: "교차 확인의 결과가 서로 다르다. 이유를 알기 전에는 이 수치를 믿지 않는다.",
        sources: {
            answers: "응답",
            podLogs: "파드의 로그",
            ingressLogs: "인그레스의 로그",
            iptables: "커널: iptables",
            ipvs: "커널: IPVS",
            conntrack: "커널: conntrack",
        },
        explained: {
            answers: "이 컴퓨터가 받은 응답. 헤더에 파드의 이름이 있다",
            podLogs: "각 파드의 접근 로그에서 이번 실행의 표시가 있는 줄",
            ingressLogs: "어느 파드에 요청을 넘겼는지 적힌 ingress-nginx의 접근 로그",
            iptables: "KUBE-SEP-… 규칙을 지난 패킷. 커널은 연결마다 첫 패킷만 이 규칙에 비춰 본다",
            ipvs: "ipvsadm --stats의 연결 수",
            conntrack: "커널의 연결 목록. 연결마다 어느 파드로 보냈는지 적혀 있다",
        },
        missing: {
            noCommand: (command) => `노드에 ${command} 프로그램이 없다`,
            noRules: "노드의 커널에 이 서비스의 규칙이 없다",
            noneSeen: "노드의 커널이 본 이 서비스 주소로의 연결이 없다. 연결이 다른 길로 들어왔다",
            reset: "그사이 kube-proxy가 규칙을 새로 써서 카운터가 처음부터 다시 시작했다. 한 번 더 실행한다",
            tooLong: (seconds) =>
                `${count(seconds)}초가 걸렸는데, 커널은 닫힌 연결을 120초 뒤에 잊는다. 요청 수를 줄인다`,
        },
    },
    remarks: {
        failures: (failures) => `실패한 요청: ${reasons(failures)}.`,
        senderWasTheLimit:
            "한계는 클러스터가 아니라 요청을 보내는 쪽에 있었다. 초당 요청 수는 이 컴퓨터가 보낼 수 있는 양을 말할 뿐이다. 파드별 요청 수에는 영향이 없다.",
        apacheBench:
            "Apache Bench는 어느 파드가 응답했는지 알려 주지 않으므로, 수업에서처럼 파드의 로그를 센다. 응답을 받아야 다음 요청을 보내는 닫힌 루프 방식이다.",
    },
    sections: {
        letter: "",
        pod: "파드",
        node: "노드",
        requests: "요청 수",
        share: "비율",
        percent,
        before: "먼저 응답한 파드",
        after: "다음에 응답한 파드",
        conditions: "측정 조건",
        what: "항목",
        value: "값",
        address: "주소",
        entryNode: "트래픽을 받는 노드",
        ingressPods: "ingress-nginx 파드(워커 프로세스 수)",
        rate: "속도",
        perSecond: (value) => `초당 ${count(value)}개`,
        ceiling: "비용이 들지 않는 대상에 보낼 때의 한계",
        busy: "보내는 쪽이 바빴던 시간의 비율",
        times: "응답에 걸린 시간(요청의 절반 / 90 % / 99 %가 이 안에 든다)",
        milliseconds: ({ p50 = 0, p90 = 0, p99 = 0 }) => `${decimal(p50)} / ${decimal(p90)} / ${decimal(p99)} ms`,
        connections: "연결 수",
        repeats: (order) =>
            `요청 ${count(order.of + 1)}개에서 반복 ${count(order.repeats)}번. 무작위라면 평균 ${decimal(order.expected)}번이고, ` +
            `이만큼이거나 더 적을 확률은 ${p(order.pOrFewer)}, 이만큼이거나 더 많을 확률은 ${p(order.pOrMore)}이다`,
    },
    experiments: {
        spread: {
            summary: "요청은 파드에 어떻게 나뉘는가, 차례대로인가 무작위인가?",
            question: "다음 요청은 차례가 된 파드가 받는가, 아니면 아무 파드나 우연히 받는가?",
            claim: "라운드 로빈이다",
            options: {
                requests: "보낼 요청 수",
                concurrency: "동시에 보내는 요청 수",
                to: "web: LoadBalancer 주소, ingress: 같은 파드를 ingress-nginx를 거쳐서, backend: 백엔드를 ingress-nginx를 거쳐서",
                keepAlive: "요청마다 새로 연결하지 않고 연결을 유지한다",
                affinity: "세션 어피니티(ClientIP)를 쓰는 실험용 서비스로 보낸다",
                tool: "own: 누가 응답했는지 아는 이 명령의 전송기, ab: 수업에서 쓰는 Apache Bench",
            },
            outcomes: {
                random: "무작위, 모든 파드가 같은 확률로",
                inTurn: "차례대로",
                perWorker: "차례대로, ingress-nginx의 워커 프로세스마다 따로",
                perConnection: "연결 하나는 한 파드에 머문다",
                onePod: "한 파드가 모두 받는다",
                sticky: "대개 바로 앞과 같은 파드",
                uneven: "몇몇 파드가 눈에 띄게 많이 받는다",
            },
            predictions: {
                iptables: () =>
                    "무작위이고 모든 파드의 확률이 같다. iptables 모드에서 kube-proxy는 파드마다 정해진 확률로 선택되는 규칙을 쓴다(statistic mode random). " +
                    "커널은 새 연결마다 주사위를 굴릴 뿐 아무것도 기억하지 않는다.",
                nftables: () =>
                    "무작위이고 모든 파드의 확률이 같다. nftables 모드에서 커널은 새 연결마다 난수를 뽑아(numgen random) 파드의 맵에서 찾는다.",
                ipvs: () =>
                    "차례대로다. ipvs 모드에서는 커널의 IPVS에 스케줄러가 있고 기본값은 rr이다. 새 연결마다 다음 파드로 넘어간다. " +
                    "이 주소의 트래픽은 모두 한 노드로 들어오므로 스케줄러도 하나다.",
                perWorker: (workers) =>
                    "차례대로이되 워커 프로세스마다 따로다. ingress-nginx는 파드의 주소를 알고 있어서 kube-proxy를 거치지 않고 파드로 바로 보낸다. " +
                    `서로 이야기하지 않는 워커 프로세스가 ${count(workers)}개이므로 파드별 요청 수의 차이는 많아야 그만큼이다. 연결 하나는 워커 프로세스 하나에 머물기 때문에, ` +
                    "그 안에서는 같은 파드가 잇달아 응답하지 않는다.",
                perConnection: () =>
                    "연결 하나는 한 파드에 머문다. kube-proxy는 연결이 열릴 때 파드를 고르며, 그 안의 요청은 보지 못한다.",
                onePod: () =>
                    "한 파드가 모두 받는다. sessionAffinity: ClientIP이면 커널이 클라이언트 주소마다 파드를 세 시간 동안 기억하는데, 이 컴퓨터는 클라이언트 하나다.",
            },
            evidence: {
                random: ({ order, requests, counts: all, unevenness }) =>
                    `하나씩 차례로 보낸 요청 ${count(order.of + 1)}개에서 반복이 ${count(order.repeats)}번 있었다. 차례대로라면 없고 무작위라면 평균 ${decimal(order.expected)}번이니, ` +
                    `우연으로 설명된다(${p(twoSided(order))}). 요청 ${count(requests)}개는 ${counts(all)}로 나뉘었고, 우연이 만드는 만큼 고르다(${p(unevenness)}).`,
                inTurn: ({ order, requests, spread }) =>
                    `하나씩 차례로 보낸 요청 ${count(order.of + 1)}개에서 반복이 ${count(order.repeats)}번 있었다. 무작위라면 평균 ${decimal(order.expected)}번이고, ` +
                    `이렇게 적을 확률은 ${p(order.pOrFewer)}이다. 요청 ${count(requests)}개의 파드별 차이는 ${count(spread)}이다.`,
                perWorker: ({ order, requests, spread, workers, controllers }) =>
                    `연결 하나로 보낸 요청 ${count(order.of + 1)}개에서 반복이 ${count(order.repeats)}번 있었다. 우연히 이렇게 적을 확률은 ${p(order.pOrFewer)}이다. ` +
                    `ingress-nginx 파드 ${count(controllers)}개의 워커 프로세스 ${count(workers)}개가 저마다 차례대로 보내므로 파드별 차이는 많아야 ${count(workers)}이고, ` +
                    `요청 ${count(requests)}개에서 실제 차이는 ${count(spread)}이다. 요청마다 새로 연결하면 워커들의 차례가 섞여 무작위처럼 보인다.`,
                perConnection: ({ requests, connections }) =>
                    `요청 ${count(requests)}개를 연결 ${count(connections)}개로 보냈고, 연결은 저마다 한 파드에 머물렀다. 파드는 요청마다가 아니라 연결마다 고른다.`,
                onePod: ({ order, pods }) =>
                    `파드 ${count(pods)}개 중 하나가, 하나씩 차례로 보낸 요청 ${count(order.of + 1)}개와 나머지 요청에 모두 응답했다. 우연일 확률은 ${p(order.pOrMore)}이다.`,
                sticky: ({ order }) =>
                    `하나씩 차례로 보낸 요청 ${count(order.of + 1)}개에서 반복이 ${count(order.repeats)}번 있었다. 무작위라면 평균 ${decimal(order.expected)}번이고, ` +
                    `이렇게 많을 확률은 ${p(order.pOrMore)}이다. 무언가가 요청을 한 파드에 붙잡아 둔다.`,
                uneven: ({ requests, counts: all, unevenness }) =>
                    `요청 ${count(requests)}개가 ${counts(all)}로 나뉘었다. 우연히 이만큼 고르지 않을 확률은 ${p(unevenness)}이다. 더 많이 고르는 파드가 있다.`,
                disturbed: ({ spread, workers }) =>
                    `연결 하나에서는 파드가 차례대로 응답했지만 파드별 차이는 ${count(spread)}이다. 워커 프로세스가 ${count(workers)}개이니 많아야 ${count(workers)}이어야 한다. ` +
                    "그사이 다른 누군가가 요청을 보냈거나, 실패한 요청이 있거나, ingress-nginx가 설정을 다시 읽었다. 한 번 더 실행한다.",
                unseen: ({ requests, counts: all }) =>
                    `요청 ${count(requests)}개는 ${counts(all)}로 나뉘었지만, Apache Bench는 어느 요청이 어느 연결로 갔는지 알려 주지 않는다. 이 명령의 전송기(--tool ab 없이)는 알려 준다.`,
                undecided: ({ requests, pods }) =>
                    `파드 ${count(pods)}개에 보낸 요청 ${count(requests)}개 중 응답이 너무 적어 우연과 차례를 구별할 수 없다. 더 많이 보낸다.`,
            },
            podsChanged: "측정하는 동안 파드가 바뀌어 수치가 서로 다른 두 가지를 가리킨다. 한 번 더 실행한다.",
            sections: {
                ownConnections: "요청마다 새 연결로",
                oneConnection: "연결 하나로",
                perPod: "파드별 요청 수",
                perPodText: (requests, concurrency) =>
                    `응답 ${count(requests)}개, 동시에 ${count(concurrency)}개씩 보냈다.`,
                rangeText: ([least, most]) =>
                    `모든 파드의 확률이 같다면 막대는 천 번에 한 번꼴을 빼고 모두 ${count(least)}에서 ${count(most)} 사이에서 끝난다. 차례대로라면 길이가 같다.`,
                perPodDescription: (names, all) =>
                    names.map((name, index) => `${name}: ${count(all[index] ?? 0)}`).join(", "),
                order: "하나씩 차례로",
                orderText:
                    "글자 하나가 요청 하나이며 응답한 파드를 가리킨다. 보낸 순서대로 늘어놓았다. 그림의 테두리는 반복, 곧 바로 앞과 같은 파드라는 표시다.",
                transitions: "어느 파드 다음에 어느 파드인가",
                transitionsText: (what) =>
                    `하나씩 차례로 보낸 요청(${what}). 행은 먼저 응답한 파드, 열은 그다음에 응답한 파드다. 차례대로라면 행마다 한 칸만 차고, 무작위라면 모든 칸이 비슷하다. ` +
                    "대각선은 반복이다.",
            },
        },
        path: {
            summary: "이 컴퓨터에서 파드까지 가는 길. 홉마다 누가 무엇을 고르는가?",
            question: "인그레스 뒤의 파드는 누가 고르는가?",
            claim: "로드 밸런서, 인그레스, kube-proxy, 파드의 순서이며, 인그레스 뒤의 파드는 kube-proxy가 고른다",
            options: {
                requests: "길마다 보낼 요청 수",
            },
            outcomes: {
                through: "인그레스는 서비스에 연결하고, 파드는 kube-proxy가 고른다",
                past: "인그레스는 스스로 고른 파드에 연결하며, kube-proxy를 거치지 않는다",
            },
            prediction:
                "인그레스는 kube-proxy를 거치지 않는다. 서비스의 엔드포인트슬라이스에서 파드의 주소를 읽어 그 주소로 연결한다. kube-proxy는 서비스 주소로 가는 연결만 다룬다. " +
                "밖에서 인그레스로 오는 연결은 다루지만, 인그레스에서 파드로 가는 연결은 다루지 않는다.",
            upstreams: {
                pods: "스택 그대로",
                service: "service-upstream을 켠 뒤",
            },
            switching: "같은 파드로 가는 서비스와 service-upstream 인그레스를 만드는 중",
            asking: {
                pods: (requests) => `스택 그대로 요청 ${count(requests)}개를 보내는 중`,
                service: (requests) => `service-upstream으로 요청 ${count(requests)}개를 보내는 중`,
            },
            makingLocal: "externalTrafficPolicy가 Local인 서비스를 만드는 중",
            outside: (policy, requests) =>
                `externalTrafficPolicy가 ${policy}인 웹 데모에 요청 ${count(requests)}개를 보내는 중`,
            evidence: {
                past: ({ requests, tracked, repeats }) =>
                    `요청 ${count(requests)}개가 파드에 도착하는 동안, 인그레스에서 서비스 주소로 간 연결을 커널은 ${count(tracked.pods)}개 보았다. service-upstream에서는 같은 수의 ` +
                    `요청에서 ${count(tracked.service)}개 보았다. 순서도 같은 것을 말한다. 인그레스가 차례대로 보내는 앞의 경우에는 반복이 ${count(repeats.pods.repeats)}번, kube-proxy가 ` +
                    `모드에 따라 고르는 뒤의 경우에는 ${count(repeats.service.repeats)}번이다.`,
                through: ({ requests, tracked }) =>
                    `요청 ${count(requests)}개에서, 인그레스에서 서비스 주소로 간 연결을 커널은 ${count(tracked.pods)}개 보았다.`,
                undecided: () =>
                    "service-upstream에서도 서비스 주소로 간 연결을 커널이 보지 못했거나, 그사이 파드가 바뀌어서 알 수 없다. 한 번 더 실행한다.",
            },
            otherNode: ({ address, byStatus, byNeighbours = "" }) =>
                `${address}를 알리는 노드: MetalLB는 ${byStatus}라고 하고, 이 컴퓨터의 이웃 테이블에는 ${byNeighbours}가 있다. 주소가 막 옮겨 갔다.`,
            announces: (policy, { address, node }) => `${policy}: ${address}, 알리는 노드는 ${node}`,
            sections: {
                way: "홉마다",
                wayText:
                    "인그레스로 가는 연결 하나를 이 컴퓨터에서 응답한 파드까지 따라간다. 첫 홉은 Docker 네트워크의 이웃이다. 그 하드웨어 주소는 이 컴퓨터의 ARP 요청에 주소를 알리는 노드가 답한 것이다.",
                switch: "스위치: kube-proxy를 거치지 않거나, 거치거나",
                switchText:
                    "두 경우 모두 같은 파드에 연결 하나를 유지하며 요청한다. 연결 수는 인그레스의 파드에서 서비스의 클러스터 IP로 간 연결을, 인그레스의 파드가 있는 노드의 커널이 목록에 둔 것이다. " +
                    "글자 하나가 요청 하나이며 응답한 파드를 가리킨다. 테두리는 반복이라는 표시다.",
                policies: "externalTrafficPolicy: 밖에서 오는 연결",
                policiesText:
                    "Cluster에서는 모든 파드가 응답하고, 클라이언트 대신 노드의 주소를 본다. 연결을 넘긴 노드가 응답을 돌려받아야 하기 때문이다. Local에서는 트래픽을 받는 노드의 파드만 응답하고, 클라이언트를 본다.",
                columns: { hop: "홉", which: "무엇", node: "노드", by: "근거" },
                hops: {
                    announcer: "주소를 알린다",
                    controller: "kube-proxy가 고른 인그레스의 파드",
                    pod: "인그레스가 고른 앱의 파드",
                },
                byStatus: "MetalLB의 상태(servicel2statuses)",
                byNeighbours: "ARP 응답(ip neigh)",
                byConntrack: "노드의 커널(conntrack)",
                byAnswer: "응답의 헤더",
                answers: (what) => `응답, ${what}`,
                tracked: (address) => `${address}로 간 연결`,
                client: (policy) => `파드가 본 클라이언트, ${policy}`,
            },
        },
        keepalive: {
            summary: "연결 하나에 요청 여러 개, 파드는 몇 개가 응답하며 해결책은 무엇인가?",
            question: "서비스는 연결 하나로 오는 요청을 여러 파드에 나누는가?",
            claim: "서비스는 요청을 파드에 나눈다",
            options: {
                requests: "방법마다 보낼 요청 수",
            },
            outcomes: {
                connections: "연결을 나눈다. 연결 하나에 파드 하나다",
                requests: "요청을 나눈다. 연결 하나에 모든 파드가 응답한다",
            },
            prediction:
                "요청이 아무리 많아도 연결 하나에는 파드 하나만 응답한다. kube-proxy가 관여하는 것은 연결의 첫 패킷뿐이다. ingress-nginx처럼 HTTP를 읽는 프록시는 " +
                "요청마다 파드를 고른다.",
            sending: {
                kept: "유지하는 연결 하나",
                separate: "요청마다 새 연결",
                byIngress: "인그레스로 가는, 유지하는 연결 하나",
            },
            evidence: {
                connections: ({ requests, pods, kept, separate, byIngress }) =>
                    `요청 ${count(requests)}개를 연결 ${count(kept.connections)}개로 보내니 파드 ${count(pods)}개 중 ${count(kept.pods)}개가 응답했다. 요청마다 새로 연결하니 ` +
                    `${count(separate.pods)}개가, 인그레스로 가는 연결 ${count(byIngress.connections)}개로 보내니 ${count(byIngress.pods)}개가 응답했다.`,
                requests: ({ requests, kept }) =>
                    `연결 ${count(kept.connections)}개로 보낸 요청 ${count(requests)}개에 파드 ${count(kept.pods)}개가 응답했다. 도중에 무언가가 HTTP를 읽고 요청마다 파드를 고른다.`,
                undecided: () =>
                    "연결이 유지되지 않았거나, 실패한 요청이 있거나, 그사이 파드가 바뀌어서 알 수 없다. 한 번 더 실행한다.",
            },
            cure:
                "한 파드가 모든 일을 하게 되었을 때의 해결책은 이렇다. 요청을 어느 정도 보내면 연결을 닫거나, 클라이언트가 연결을 여럿 두거나, 프로토콜을 읽는 프록시(인그레스, " +
                "게이트웨이, 서비스 메시)를 앞에 둔다. 파드만 늘려서는 소용없다. 열려 있는 연결은 그 자리에 머문다.",
            sections: {
                ways: "같은 요청을 보내는 세 가지 방법",
                waysText: "각 파드가 응답한 요청 수와, 요청을 보낸 연결 수.",
                order: "어느 요청에 어느 파드가 응답했는가",
                orderText:
                    "글자 하나가 요청 하나이며 응답한 파드를 가리킨다. 보낸 순서대로 늘어놓았다. 그림의 테두리는 반복이라는 표시다.",
            },
        },
        routing: {
            summary: "주소 하나에 사이트 여럿. 인그레스는 요청을 어떻게 다루며, `rewrite-target: /`는 무엇을 없애는가?",
            question: "인그레스는 무엇을 보고 응답할 파드를 정하며, 그 파드는 어떤 경로로 요청을 받는가?",
            claim: "rewrite-target: /는 접두사를 뗀다",
            options: {},
            outcomes: {
                prefix: "접두사만 떼고 나머지 경로는 남긴다",
                path: "경로를 모두 없앤다",
            },
            prediction:
                "경로가 모두 사라진다. nginx는 location에 해당하는 경로를 대상으로 바꾸는데, 그 대상이 /다. 접두사 뒤의 경로는 path가 그룹이 있는 정규식이고 대상이 /$1처럼 " +
                "그 그룹을 가리킬 때만 남는다.",
            makingIngress: "rewrite-target: /를 쓰는 실험용 인그레스를 만드는 중",
            asking: "경로마다 요청하고, 인그레스와 파드의 로그를 읽는 중",
            evidence: {
                path: ({ all, rest, asked, asExpected }) =>
                    `접두사 뒤의 /whoami가 rewrite-target: /에서는 ${all}로, /$1에서는 ${rest}로 프론트엔드에 도착했다. 요청 ${count(asked)}개 중 ` +
                    `${count(asExpected)}개가 규칙대로 처리되었다.`,
                prefix: ({ all, asked, asExpected }) =>
                    `접두사 뒤의 /whoami가 rewrite-target: /에서 ${all}로 프론트엔드에 도착했다. 요청 ${count(asked)}개 중 ${count(asExpected)}개가 규칙대로 처리되었다.`,
                undecided: () => "접두사 뒤의 요청이 프론트엔드의 로그에 없어서 알 수 없다. 한 번 더 실행한다.",
            },
            otherwise: (what) => `규칙과 다르다: ${what}`,
            cases: {
                host: "먼저 호스트가 정한다",
                otherHost: "같은 주소의 다른 호스트",
                unknownHost: "어느 인그레스에도 없는 호스트",
                path: "그다음은 경로. 접두사를 뗀다",
                keptPath: "접두사를 남긴다",
                wholeElements: "접두사는 경로 요소 단위로 맞아야 한다",
                rewriteRest: "rewrite-target: /$1은 나머지를 남긴다",
                rewriteAll: "rewrite-target: /는 아무것도 남기지 않는다",
                redirect: "http는 https로 리다이렉트한다",
                foreignName: "TLS: 인증서가 없는 이름",
            },
            sections: {
                columns: {
                    what: "보여 주는 것",
                    request: "요청",
                    answer: "응답",
                    location: "nginx의 로케이션",
                    rewrite: "바꾼 경로",
                    upstream: "서비스",
                    askedFor: "파드가 받은 경로",
                },
                requests: "요청과 응답",
                requestsText: "모든 요청은 한 주소로 갔다. 응답은 상태 코드와 파드, 또는 리다이렉트할 곳이다.",
                ingress: "그사이 인그레스가 한 일",
                ingressText:
                    "로케이션은 nginx의 설정에서 그 경로에 해당하는 것이다. 서비스는 인그레스의 로그에서, 파드가 받은 경로는 파드의 로그에서 가져왔다.",
            },
        },
    },
};
