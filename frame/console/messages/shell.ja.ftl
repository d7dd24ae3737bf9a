product-name = 関所
skip-to-content = 本文へ移動
title-wrong = 入力の誤り:{" "}
demo-title = 見本です。
demo-text = 団体・職員・記録はすべて架空です。実際の業務には使えません。
signed-in-as = サインイン中:{" "}
sign-out = サインアウト
menu = メニュー
menu-work = 仕事
menu-passages = 通過
menu-registers = 台帳
menu-oversight = 記録と監査
menu-system = システム
printed = { $moment } 印刷 { $name }
crumbs = 現在の位置

## 入力欄
field-required = 必須
field-optional = 任意
field-any = 指定しない
field-choose = 選んでください
field-fault = エラー:{" "}
form-wrong-title = 入力内容を確かめてください
field-empty = 「{ $label }」を入力してください
field-long = 「{ $label }」は{ $max }文字以内で入力してください
field-character = 「{ $label }」に使えない文字が含まれています
field-choice = 「{ $label }」を選んでください
field-moment = 「{ $label }」は日付と時刻を正しく入力してください
field-day = 「{ $label }」は日付を正しく入力してください
field-number = 「{ $label }」は{ $min }から{ $max }までの数字で入力してください

## 表
table-empty = 該当するものはありません。
table-pages = ページ
table-first = 最初のページ
table-next = 次のページ
table-download = この一覧をファイルで保存:

## 確認
confirm-back = 戻る

## 断ったわけ
failure-host = このシステムの名前と違う名前で呼び出されました。案内された宛先から開いてください。
failure-origin = このシステムの画面ではないところから送られた操作なので、受け付けませんでした。
failure-form-token = 画面を開いてから時間がたったか、別のサインインの画面から送られました。
failure-duty = この操作には「{ $duty }」の職務が必要です。
failure-duplicate = 同じものがすでに登録されています。
failure-json = 送られた JSON を読めません: { $what }
failure-query = 問い合わせの「{ $name }」は、この呼出しにないか、2回書かれています。
failure-idempotency-key = Idempotency-Key が正しくないか、別の内容で使われています。
failure-repeated = 同じ Idempotency-Key の要求は、すでに実行されたか実行中です。

## エラーの画面
refusal-safe-title = 入力や記録への影響
refusal-next-title = 次にすること
refusal-home = 最初の画面へ
refusal-request = 問い合わせ番号:
refusal-request-ours = 担当者に連絡するときは、この番号を伝えてください:

refusal-title-bad-request = 要求を受け付けられません
refusal-what-bad-request = 送られた内容に誤りがあるため、処理しませんでした。
refusal-safe-bad-request = 何も変更されていません。
refusal-next-bad-request = 前の画面に戻り、再読み込みしてから、もう一度お試しください。

refusal-title-sign-in-needed = サインインが必要です
refusal-what-sign-in-needed = サインインしていないか、サインインの期限が切れています。
refusal-safe-sign-in-needed = 何も変更されていません。
refusal-next-sign-in-needed = もう一度サインインしてください。

refusal-title-forbidden = この操作は許可されていません
refusal-what-forbidden = あなたの役割では、この画面や操作を使えません。
refusal-safe-forbidden = 何も変更されていません。
refusal-next-forbidden = 必要な場合は、所属の情報セキュリティ管理者に相談してください。

refusal-title-proof-needed = 二つ目の認証がもう一度必要です
refusal-what-proof-needed = この操作には、5分以内に示した二つ目の認証が必要です。
refusal-safe-proof-needed = 何も変更されていません。
refusal-next-proof-needed = 二つ目の認証を示してから、もう一度操作してください。

refusal-title-not-found = 見つかりません
refusal-what-not-found = この宛先には何もないか、あなたの団体のものではありません。
refusal-safe-not-found = 何も変更されていません。
refusal-next-not-found = 宛先を確かめるか、最初の画面から探してください。

refusal-title-wrong-method = この操作はできません
refusal-what-wrong-method = この宛先は、この方法では使えません。
refusal-safe-wrong-method = 何も変更されていません。
refusal-next-wrong-method = 最初の画面からやり直してください。

refusal-title-conflict = 内容が変わっています
refusal-what-conflict = 画面を開いている間に、ほかの人が先に変更しました。
refusal-safe-conflict = 今回の操作は保存されていません。先の変更はそのまま残っています。
refusal-next-conflict = 前の画面に戻って再読み込みし、今の内容を確かめてから操作してください。

refusal-title-too-large = 送られたものが大きすぎます
refusal-what-too-large = ここで受け付けられるのは { $max } までです。
refusal-safe-too-large = 何も保存されていません。
refusal-next-too-large = 小さく分けてから、もう一度送ってください。

refusal-title-wrong-version = 版が違います
refusal-what-wrong-version = ここで話す手順の版と違います(Tus-Resumable: 1.0.0)。
refusal-safe-wrong-version = 何も保存されていません。
refusal-next-wrong-version = プログラムを、この版に合わせてください。

refusal-title-wrong-type = 受け付けられない形式です
refusal-what-wrong-type = 送られたものの形式が、ここで受け付けるものと違います。
refusal-safe-wrong-type = 何も保存されていません。
refusal-next-wrong-type = 形式を確かめて、もう一度送ってください。

refusal-title-unprocessable = 入力内容に誤りがあります
refusal-what-unprocessable = 誤りのある項目があるため、処理しませんでした。
refusal-safe-unprocessable = 何も変更されていません。
refusal-next-unprocessable = 示された項目を直して、もう一度送ってください。

refusal-title-too-many = 回数が多すぎます
refusal-what-too-many = 短い間に多くの要求があったため、一時的に止めています。{ $seconds }秒待ってください。
refusal-safe-too-many = 今回の操作は行われていません。
refusal-next-too-many = 少し待ってから、もう一度お試しください。

refusal-title-internal = システムの不具合が起きました
refusal-what-internal = 処理の途中で、想定していない不具合が起きました。あなたの操作の誤りではありません。
refusal-safe-internal = 今回の操作は取り消され、途中までの変更は残っていません。
refusal-next-internal = もう一度試してもうまくいかないときは、情報システムの担当者に連絡してください。

refusal-title-full = 保存する場所がいっぱいです
refusal-what-full = サーバーのディスクに空きがなく、新しい記録を書き込めません。あなたの操作の誤りではありません。
refusal-safe-full = これまでに完了した操作と記録はすべて残っています。今回の操作は取り消され、途中までの変更は残っていません。画面を見ることはできます。
refusal-next-full = 情報システムの担当者に、ディスクの空きを増やすよう連絡してください。空きができれば、再起動しなくても続けられます。

refusal-title-unavailable = 今は使えません
refusal-what-unavailable = 必要な仕組みが応答しないか、混み合っています。
refusal-safe-unavailable = 今回の操作が終わったか分からないときは、一覧で確かめてください。途中までの変更が残ることはありません。
refusal-next-unavailable = 数分待ってから再読み込みしてください。続くときは、情報システムの担当者に連絡してください。
